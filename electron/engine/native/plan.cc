/** What a plan does once it is compiled: steps, evaluation, outputs, parameters in and out. */
#include "plan.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "failure.h"
#include "plan_state.h"

namespace gptlab {
namespace {

std::string text(int64_t number) { return std::to_string(number); }

}  // namespace

const Output& Plan::State::output(const std::string& name) const {
  const auto found = outputs.find(name);
  if (found != outputs.end()) return found->second;
  std::string known;
  for (const auto& [other, output] : outputs) known += (known.empty() ? "" : ", ") + other;
  throw Failure("engine-input", "Expected " + name + " of this model but it gives " + (known.empty() ? "nothing" : "only " + known) + ".").with("input", name);
}

void Plan::State::bind(const Batch& batch, int64_t first, int64_t sequences, int64_t length) {
  if (sequences != step.sequences || length != step.length) step.partition = Partition(sequences, length, options.threads);
  step.sequences = sequences;
  step.length = length;
  step.rows = sequences * length;
  step.integers.assign(batch.size(), nullptr);
  step.floats.assign(batch.size(), nullptr);
  for (size_t i = 0; i < batch.size(); i++) {
    const int64_t from = first * (graph.inputs[i].per_sequence ? 1 : length);
    if (!batch[i].integers.empty()) step.integers[i] = batch[i].integers.data() + from;
    if (!batch[i].floats.empty()) step.floats[i] = batch[i].floats.data() + from;
  }
}

int64_t Plan::State::check(const Batch& batch, int64_t length) const {
  if (length < 1 || length > options.length)
    throw Failure("context-too-long", "Expected sequences of 1 to " + text(options.length) + " tokens but received a length of " + text(length) + ".")
        .with("context", static_cast<double>(options.length))
        .with("length", static_cast<double>(length));
  if (batch.size() != graph.inputs.size()) throw Failure("engine-input", "Expected " + text(graph.inputs.size()) + " inputs but received " + text(batch.size()) + ".");
  int64_t batches = -1;
  for (size_t i = 0; i < batch.size(); i++) {
    const InputSpec& input = graph.inputs[i];
    const int64_t received = static_cast<int64_t>(input.integers ? batch[i].integers.size() : batch[i].floats.size());
    const int64_t each = input.per_sequence ? options.batch : options.batch * length;
    const bool whole = received > 0 && received % each == 0;
    if (!whole || (batches >= 0 && received / each != batches))
      throw Failure("engine-input", "Expected " + (whole ? text(batches * each) : "a multiple of " + text(each)) + " values for " + input.name + " but received " + text(received) + ".")
          .with("input", input.name)
          .with("expected", static_cast<double>(each))
          .with("received", static_cast<double>(received));
    batches = received / each;
  }
  for (const auto& operation : operations) operation->check(batch);
  return batches;
}

void Plan::State::count_rows() {
  if (!loss_operation) throw Failure("engine-shape", "Expected a graph with a loss but this one has none.");
  step.inverse_count = 1.0 / static_cast<double>(loss_operation->counted(step));
}

double Plan::State::loss() const { return loss_operation->loss(); }

void Plan::State::values_changed() {
  packs_stale = true;
  std::fill(cached.begin(), cached.end(), 0);
}

void Plan::State::pack(int thread) {
  if (!packs_stale) return;
  packing.run(step.partition, pool, thread);
  pool.barrier();
}

void Plan::State::differentiate(int thread) {
  pack(thread);
  training.run(step.partition, pool, thread);
  pool.barrier();
  const Slice slice = segment_share(thread);
  for (int64_t i = slice.begin; i < slice.end; i++) segment_sums[static_cast<size_t>(i)] = kernels.sum_squares(segments[static_cast<size_t>(i)].floats, gradients->data() + segments[static_cast<size_t>(i)].offset);
  pool.barrier();
}

double Plan::State::gradient_norm() const {
  double sum = 0;
  for (const double part : segment_sums) sum += part;
  return std::sqrt(sum);
}

Slice Plan::State::segment_share(int thread) const {
  const int64_t count = static_cast<int64_t>(segments.size());
  return {count * thread / options.threads, count * (thread + 1) / options.threads, thread, 0};
}

void Plan::State::update(int thread, const AdamW& settings) {
  const Slice slice = segment_share(thread);
  for (int64_t i = slice.begin; i < slice.end; i++) {
    const Segment& segment = segments[static_cast<size_t>(i)];
    AdamW call = settings;
    call.n = segment.floats;
    call.value = values->data() + segment.offset;
    call.gradient = gradients->data() + segment.offset;
    call.first = first_moment(segment);
    call.second = second_moment(segment);
    if (!segment.decays) call.weight_decay = 0;
    kernels.adamw(call);
  }
}

Plan::Plan(const GraphSpec& graph, const Options& options) : state_(std::make_unique<State>(graph, options)) {}
Plan::~Plan() = default;

const Options& Plan::options() const { return state_->options; }
int64_t Plan::step() const { return static_cast<int64_t>(state_->steps_done); }
void Plan::set_step(int64_t step) { state_->steps_done = static_cast<uint64_t>(step); }

int64_t Plan::bytes() const {
  int64_t sum = 0;
  for (const Block* block : {state_->values.get(), state_->gradients.get(), state_->moments.get(), state_->fixed.get(), state_->arena.get()}) sum += block->bytes();
  return sum;
}

void Plan::prepare() {
  State& s = *state_;
  if (s.prepared) return;
  s.prepared = true;
  s.pool.run([&](int thread) {
    for (const Block* block : {s.values.get(), s.gradients.get(), s.moments.get(), s.fixed.get(), s.arena.get()}) {
      const int64_t lines = block->bytes() / 64;
      const int64_t first = lines * thread / s.options.threads, last = lines * (thread + 1) / s.options.threads;
      std::memset(block->data() + first * kLine, 0, static_cast<size_t>(last - first) * 64);
    }
  });
}

int64_t Plan::train(const Batch& batch, const double* learning_rates, int64_t steps, double* losses, double* norms, const std::string& watched, float* seen, int64_t length,
                    const std::function<bool()>& stop) {
  State& s = *state_;
  const int64_t batches = s.check(batch, length);
  if (batches != steps)
    throw Failure("engine-input", "Expected " + text(steps) + " batches, one for each learning rate, but received " + text(batches) + ".")
        .with("expected", static_cast<double>(steps))
        .with("received", static_cast<double>(batches));
  for (int64_t index = 0; index < steps; index++)
    if (!(learning_rates[index] >= 0) || !std::isfinite(learning_rates[index]))
      throw Failure("engine-input", "Expected finite learning rates of 0 or more but received " + std::to_string(learning_rates[index]) + ".").with("input", "learningRates");
  const Value* const column = watched.empty() ? nullptr : s.output(watched).value;
  if (column && column->columns != 1)
    throw Failure("engine-input", "Expected an output of one column to watch but " + watched + " has " + text(column->columns) + ".").with("input", watched);
  prepare();
  for (int64_t index = 0; index < steps; index++) {
    if (stop()) return index;
    s.bind(batch, index * s.options.batch, s.options.batch, length);
    s.count_rows();
    s.step.training = true;
    s.step.number = s.steps_done;
    const double t = static_cast<double>(s.steps_done + 1);
    AdamW settings{};
    settings.learning_rate = learning_rates[index];
    settings.beta1 = s.options.beta1;
    settings.beta2 = s.options.beta2;
    settings.epsilon = s.options.epsilon;
    settings.weight_decay = s.options.weight_decay;
    settings.correction1 = 1 - std::pow(settings.beta1, t);
    settings.correction2 = 1 - std::pow(settings.beta2, t);
    double loss = 0, norm = 0;
    s.pool.run([&](int thread) {
      s.differentiate(thread);
      // Every thread comes to the same decision from the same sums.
      const double own_loss = s.loss(), own_norm = s.gradient_norm();
      if (thread == 0) {
        loss = own_loss;
        norm = own_norm;
      }
      if (!std::isfinite(own_loss) || !std::isfinite(own_norm)) return;
      AdamW call = settings;
      call.coefficient = s.options.clip > 0 ? static_cast<float>(std::min(1.0, s.options.clip / (own_norm + 1e-6))) : 1.0f;
      s.update(thread, call);
    });
    s.packs_stale = false;
    if (!std::isfinite(loss) || !std::isfinite(norm))
      throw Failure("loss-not-finite", "Expected a finite " + std::string(std::isfinite(loss) ? "gradient" : "loss") + " but step " + text(static_cast<int64_t>(s.steps_done) + 1) +
                                           " gave none. The weights are those of before that step. Lower the learning rate or clip gradients.")
          .with("step", t);
    s.values_changed();
    s.steps_done++;
    losses[index] = loss;
    norms[index] = norm;
    if (column) std::memcpy(seen + index * s.step.rows, column->data->data, static_cast<size_t>(s.step.rows) * sizeof(float));
  }
  return steps;
}

void Plan::evaluate(const Batch& batch, int64_t batches, double* losses, const std::function<bool()>& stop) {
  State& s = *state_;
  const int64_t received = s.check(batch, s.options.length);
  if (received != batches) throw Failure("engine-input", "Expected " + text(batches) + " batches but received " + text(received) + ".");
  prepare();
  s.step.training = false;
  for (int64_t index = 0; index < batches && !stop(); index++) {
    s.bind(batch, index * s.options.batch, s.options.batch, s.options.length);
    s.count_rows();
    s.pool.run([&](int thread) {
      s.pack(thread);
      s.evaluation.run(s.step.partition, s.pool, thread);
    });
    s.packs_stale = false;
    losses[index] = s.loss();
    if (!std::isfinite(losses[index]))
      throw Failure("loss-not-finite", "Expected a finite loss but the evaluation after step " + text(static_cast<int64_t>(s.steps_done)) + " gave none.")
          .with("step", static_cast<double>(s.steps_done));
  }
}

std::map<std::string, int64_t> Plan::outputs() const {
  std::map<std::string, int64_t> columns;
  for (const auto& [name, output] : state_->outputs) columns[name] = output.value->columns;
  return columns;
}

void Plan::output(const Batch& batch, const std::string& name, int64_t length, float* out, int64_t floats, const std::function<bool()>& stop) {
  State& s = *state_;
  const Output& output = s.output(name);
  if (length > s.options.length)
    throw Failure("context-too-long", "Expected sequences of at most " + text(s.options.length) + " tokens but received a length of " + text(length) + ".")
        .with("context", static_cast<double>(s.options.length))
        .with("length", static_cast<double>(length));
  const int64_t columns = output.value->columns, sequences = length < 1 ? 0 : floats / (length * columns);
  for (const size_t i : output.inputs) {
    const InputSpec& input = s.graph.inputs[i];
    const int64_t received = static_cast<int64_t>(input.integers ? batch[i].integers.size() : batch[i].floats.size());
    const int64_t expected = sequences * (input.per_sequence ? 1 : length);
    if (received == 0 || received != expected)
      throw Failure("engine-input", "Expected whole sequences of " + text(length) + " tokens, " + (expected > 0 ? text(expected) : "1 or more") + " values for " + input.name +
                                        ", but received " + text(received) + ".")
          .with("input", input.name)
          .with("expected", static_cast<double>(expected))
          .with("received", static_cast<double>(received));
  }
  for (const Operation* operation : output.operations) operation->check(batch);
  prepare();
  s.step.training = false;
  for (int64_t first = 0; first < sequences && !stop(); first += s.options.batch) {
    const int64_t some = std::min(s.options.batch, sequences - first);
    s.bind(batch, first, some, length);
    s.pool.run([&](int thread) {
      s.pack(thread);
      output.program.run(s.step.partition, s.pool, thread);
    });
    s.packs_stale = false;
    std::memcpy(out + first * length * columns, output.value->data->data, static_cast<size_t>(some * length * columns) * sizeof(float));
  }
}

double Plan::gradients(const Batch& batch) {
  State& s = *state_;
  const int64_t batches = s.check(batch, s.options.length);
  if (batches != 1) throw Failure("engine-input", "Expected one batch but received " + text(batches) + ".").with("expected", 1).with("received", static_cast<double>(batches));
  prepare();
  s.bind(batch, 0, s.options.batch, s.options.length);
  s.count_rows();
  s.step.training = true;
  s.step.number = s.steps_done;
  s.pool.run([&](int thread) { s.differentiate(thread); });
  s.packs_stale = false;
  const double loss = s.loss();
  if (!std::isfinite(loss)) throw Failure("loss-not-finite", "Expected a finite loss but this batch gave none.").with("step", static_cast<double>(s.steps_done + 1));
  return loss;
}

void Plan::read(Tensor tensor, const std::vector<float*>& places) {
  prepare();
  for (size_t i = 0; i < places.size(); i++) {
    const Parameter& parameter = *state_->compiler.parameters[i];
    const float* const from = tensor == Tensor::value          ? parameter.value.data
                              : tensor == Tensor::gradient     ? parameter.gradient.data
                              : tensor == Tensor::first_moment ? parameter.first
                                                               : parameter.second;
    std::memcpy(places[i], from, static_cast<size_t>(parameter.size) * sizeof(float));
  }
}

void Plan::write(Tensor tensor, const std::vector<const float*>& places) {
  prepare();
  for (size_t i = 0; i < places.size(); i++) {
    const Parameter& parameter = *state_->compiler.parameters[i];
    float* const to = tensor == Tensor::value          ? parameter.value.data
                      : tensor == Tensor::gradient     ? parameter.gradient.data
                      : tensor == Tensor::first_moment ? parameter.first
                                                       : parameter.second;
    std::memcpy(to, places[i], static_cast<size_t>(parameter.size) * sizeof(float));
  }
  if (tensor == Tensor::value) state_->values_changed();
}

}  // namespace gptlab
