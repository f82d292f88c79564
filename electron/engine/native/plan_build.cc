/** How a plan comes to be: stages from the graph's operations, memory for them, programs of them. */
#include <algorithm>

#include "failure.h"
#include "plan_state.h"

namespace gptlab {
namespace {

constexpr int64_t kSegment = 4096;

std::string text(int64_t number) { return std::to_string(number); }

const Options& checked(const GraphSpec& graph, const Options& options) {
  if (options.batch < 1 || options.length < 1 || options.threads < 1 || options.threads > 1024 || options.streams < 0)
    throw Failure("engine-shape", "Expected at least one sequence, one token and one thread but received a batch of " + text(options.batch) + ", a length of " +
                                      text(options.length) + " and " + text(options.threads) + " threads.");
  if (options.length > graph.context)
    throw Failure("context-too-long", "Expected sequences of at most " + text(graph.context) + " tokens, the model's context, but received a length of " +
                                          text(options.length) + ".")
        .with("context", static_cast<double>(graph.context))
        .with("length", static_cast<double>(options.length));
  if (options.streams > (int64_t{1} << 22)) throw Failure("engine-shape", "Expected at most 4,194,304 streams but received " + text(options.streams) + ".");
  // Elements of masks are numbered in 32 bits.
  if (options.batch * options.length > (int64_t{1} << 22))
    throw Failure("engine-shape", "Expected at most 4,194,304 tokens in a batch but received " + text(options.batch * options.length) + ".");
  return options;
}

std::vector<const Stage*> pointers(const std::vector<std::unique_ptr<Stage>>& stages) {
  std::vector<const Stage*> made;
  for (const auto& stage : stages) made.push_back(stage.get());
  return made;
}

}  // namespace

Plan::State::State(const GraphSpec& original, const Options& given)
    : options(checked(original, given)),
      graph(fuse(original)),
      kernels(gptlab::kernels(given.simd)),
      compiler(graph, options, kernels, step, decoding),
      pool(options.threads, options.spin) {
  compile();
  place_parameters();
  place_buffers();
  link_programs();
  step.seed = options.seed;
  step.partition = Partition(options.batch, options.length, options.threads);
  cached.resize(static_cast<size_t>(options.streams));
}

void Plan::State::compile() {
  for (size_t number = 0; number < graph.nodes.size(); number++) {
    operations.push_back(make_operation(graph.nodes[number], number));
    operations.back()->forward(compiler);
    forward_ends.push_back(compiler.forward_stages.size());
    if (operations.back()->is_loss()) loss_operation = operations.back().get();
  }
  for (auto operation = operations.rbegin(); operation != operations.rend(); ++operation)
    if (operation->get() == loss_operation || (!(*operation)->is_loss() && compiler.value((*operation)->made())->gradient)) (*operation)->backward(compiler);
  compiler.flush();
  const auto logits = graph.outputs.find("logits");
  if (logits == graph.outputs.end()) return;
  if (compiler.value(logits->second)->columns != graph.vocabulary)
    throw Failure("engine-shape", "Expected logits of " + text(graph.vocabulary) + " columns, the vocabulary, but the graph makes " +
                                      text(compiler.value(logits->second)->columns) + ".");
  if (options.streams == 0) return;
  const std::set<std::string> needed = needs(logits->second);
  for (const auto& operation : operations)
    if (needed.count(operation->made())) operation->decode(compiler);
}

void Plan::State::place_parameters() {
  for (const auto& parameter : compiler.parameters) {
    parameter->offset = total;
    total += round_up(parameter->size, kLine);
  }
  values = std::make_unique<Block>(total);
  gradients = std::make_unique<Block>(total);
  moments = std::make_unique<Block>(2 * total);
  for (const auto& parameter : compiler.parameters) {
    parameter->value.floats = parameter->gradient.floats = parameter->size;
    parameter->value.data = values->data() + parameter->offset;
    parameter->gradient.data = gradients->data() + parameter->offset;
    parameter->first = moments->data() + parameter->offset;
    parameter->second = moments->data() + total + parameter->offset;
    for (int64_t done = 0; done < parameter->size; done += kSegment)
      segments.push_back({parameter->offset + done, std::min(kSegment, parameter->size - done), parameter->decays});
  }
  segment_sums.resize(segments.size());
}

/** Activations share memory where their lifetimes allow it. */
void Plan::State::place_buffers() {
  std::map<const Buffer*, Lifetime> lives;
  const size_t forward = compiler.forward_stages.size();
  const auto touch = [&](const Stage& stage, size_t index) {
    for (const Access& access : stage.accesses) {
      const auto [life, fresh] = lives.try_emplace(access.buffer, Lifetime{access.buffer->floats, static_cast<int>(index), 0});
      (void)fresh;
      life->second.last = static_cast<int>(index);
    }
  };
  for (size_t i = 0; i < forward; i++) touch(*compiler.forward_stages[i], i);
  for (size_t i = 0; i < compiler.backward_stages.size(); i++) touch(*compiler.backward_stages[i], forward + i);

  // Threads meet before put-off stages. Memory let go between two meetings may still be in use by
  // another thread, so it is kept until after the next one, where reuse costs no barrier.
  if (options.threads > 1)
    for (auto& [buffer, life] : lives) {
      const auto meeting = std::find_if(compiler.flushes.begin(), compiler.flushes.end(), [&, last = life.last](size_t flush) { return static_cast<int>(forward + flush) > last; });
      if (meeting != compiler.flushes.end()) life.last = static_cast<int>(forward + *meeting);
    }

  int64_t pinned = 0;
  std::vector<Buffer*> moving;
  std::vector<Lifetime> spans;
  for (const auto& buffer : compiler.buffers) {
    if (buffer->pinned)
      pinned += round_up(buffer->floats, kLine);
    else if (lives.count(buffer.get())) {
      moving.push_back(buffer.get());
      spans.push_back(lives.at(buffer.get()));
    }
  }
  const std::vector<int64_t> offsets = place(spans);
  arena = std::make_unique<Block>(offsets.back());
  for (size_t i = 0; i < moving.size(); i++) moving[i]->data = arena->data() + offsets[i];
  fixed = std::make_unique<Block>(pinned);
  pinned = 0;
  for (const auto& buffer : compiler.buffers)
    if (buffer->pinned) {
      buffer->data = fixed->data() + pinned;
      pinned += round_up(buffer->floats, kLine);
    }
}

std::set<std::string> Plan::State::needs(const std::string& value) const {
  std::set<std::string> needed{value};
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node)
    if (needed.count(node->name("out")))
      for (const auto& [key, name] : node->names) needed.insert(name);
  return needed;
}

void Plan::State::link_programs() {
  std::vector<const Stage*> train;
  for (const auto& stage : compiler.forward_stages)
    if (stage->when == When::always) train.push_back(stage.get());
  for (const auto& stage : compiler.backward_stages) train.push_back(stage.get());
  packing = Program(pointers(compiler.packing));
  training = Program(std::move(train));
  evaluation = Program(pointers(compiler.forward_stages));
  decoder = Program(pointers(compiler.decode_stages));

  for (const auto& [name, value] : graph.outputs) {
    const auto made = compiler.values.find(value);
    // A loss is no matrix.
    if (made == compiler.values.end() || !made->second->data) continue;
    Output output;
    output.value = made->second.get();
    const std::set<std::string> needed = needs(value);
    for (size_t i = 0; i < graph.inputs.size(); i++)
      if (needed.count(graph.inputs[i].name)) output.inputs.push_back(i);
    std::vector<const Stage*> stages;
    for (size_t i = 0; i < operations.size(); i++) {
      if (!needed.count(operations[i]->made())) continue;
      output.operations.push_back(operations[i].get());
      for (size_t stage = i == 0 ? 0 : forward_ends[i - 1]; stage < forward_ends[i]; stage++) stages.push_back(compiler.forward_stages[stage].get());
    }
    output.program = Program(std::move(stages));
    outputs.emplace(name, std::move(output));
  }
}

}  // namespace gptlab
