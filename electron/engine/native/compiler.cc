#include "compiler.h"

#include <algorithm>

#include "failure.h"
#include "operations/operations.h"

namespace gptlab {
namespace {

// A transformer layer has four large products: one barrier a layer.
constexpr int kPendingProducts = 4;

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string text = "(";
  for (size_t i = 0; i < shape.size(); i++) text += (i ? ", " : "") + (shape[i] < 0 ? std::string("any") : std::to_string(shape[i]));
  return text + ")";
}

}  // namespace

const std::string& NodeSpec::name(const std::string& key) const {
  const auto found = names.find(key);
  if (found == names.end()) throw Failure("engine-shape", "Expected a " + key + " of the operation " + op + " but the graph names none.").with("operation", op);
  return found->second;
}

double NodeSpec::number(const std::string& key) const {
  const auto found = numbers.find(key);
  if (found == numbers.end()) throw Failure("engine-shape", "Expected a number " + key + " of the operation " + op + " but the graph has none.").with("operation", op);
  return found->second;
}

Compiler::Compiler(const GraphSpec& graph, const Options& options, const Kernels& kernels, const Step& step, const Decoding& decoding)
    : graph(graph),
      options(options),
      kernels(kernels),
      step(step),
      decoding(decoding),
      rows(options.batch * options.length),
      decode_rows(std::max<int64_t>(options.streams, 32)) {
  for (const ParameterSpec& spec : graph.parameters) {
    auto parameter = std::make_unique<Parameter>();
    parameter->name = spec.name;
    parameter->shape = spec.shape;
    parameter->size = 1;
    for (const int64_t size : spec.shape) {
      if (size < 1) throw Failure("engine-shape", "Expected sizes of at least 1 for " + spec.name + " but received " + shape_text(spec.shape) + ".").with("name", spec.name);
      parameter->size *= size;
    }
    parameter->decays = options.decayed.count(spec.name) > 0;
    parameters.push_back(std::move(parameter));
  }
  for (const NodeSpec& node : graph.nodes) {
    auto value = std::make_unique<Value>();
    value->name = node.name("out");
    if (values.count(value->name)) throw Failure("engine-shape", "Expected one operation to make " + value->name + " but the graph has two.").with("name", value->name);
    values.emplace(value->name, std::move(value));
  }
  for (const NodeSpec& node : graph.nodes)
    for (const auto& [key, name] : node.names)
      if (key != "out") {
        const auto found = values.find(name);
        if (found != values.end()) found->second->uses++;
      }
}

Parameter* Compiler::parameter(const std::string& name, const std::vector<int64_t>& shape) {
  const auto found = std::find_if(parameters.begin(), parameters.end(), [&](const auto& parameter) { return parameter->name == name; });
  if (found == parameters.end()) throw Failure("engine-shape", "Expected a parameter " + name + " but the graph has none.").with("name", name);
  const std::vector<int64_t>& actual = (*found)->shape;
  const bool fits = actual.size() == shape.size() && std::equal(shape.begin(), shape.end(), actual.begin(), [](int64_t wanted, int64_t is) { return wanted < 0 || wanted == is; });
  if (!fits)
    throw Failure("engine-shape", "Expected shape " + shape_text(shape) + " for " + name + " but received " + shape_text(actual) + ".").with("name", name);
  return found->get();
}

size_t Compiler::input(const std::string& name, bool integers, bool per_sequence) const {
  for (size_t i = 0; i < graph.inputs.size(); i++) {
    const InputSpec& input = graph.inputs[i];
    if (input.name == name && input.integers == integers && input.per_sequence == per_sequence) return i;
  }
  throw Failure("engine-shape", "Expected an input " + name + (integers ? " of int32" : " of float32") + (per_sequence ? " per sequence" : " per token") + " but the graph has none.").with("name", name);
}

Value* Compiler::value(const std::string& name) {
  const auto found = values.find(name);
  if (found == values.end() || !found->second->data)
    throw Failure("engine-shape", "Expected a value " + name + " from an earlier operation but none makes it.").with("name", name);
  return found->second.get();
}

Value* Compiler::define(const std::string& name, int64_t columns) {
  Value* const value = values.at(name).get();
  value->columns = columns;
  // A column that has a name outside can be watched while the way back overwrites everything else.
  const bool watched = columns == 1 && std::any_of(graph.outputs.begin(), graph.outputs.end(), [&](const auto& output) { return output.second == name; });
  value->data = watched ? pinned(rows * columns) : buffer(rows * columns);
  return value;
}

Buffer* Compiler::buffer(int64_t floats) {
  buffers.push_back(std::make_unique<Buffer>());
  buffers.back()->floats = floats;
  return buffers.back().get();
}

Buffer* Compiler::pinned(int64_t floats) {
  Buffer* const made = buffer(floats);
  made->pinned = true;
  return made;
}

std::vector<Buffer*> Compiler::scratch(int64_t floats) {
  std::vector<Buffer*> made;
  for (int thread = 0; thread < options.threads; thread++) made.push_back(pinned(floats));
  return made;
}

void Compiler::forward(Stage stage) { forward_stages.push_back(std::make_unique<Stage>(std::move(stage))); }

void Compiler::backward(Stage stage) {
  backward_stages.push_back(std::make_unique<Stage>(std::move(stage)));
}

void Compiler::weight_gradient(Stage stage, bool product) {
  if (product && pending_products_ == kPendingProducts) flush();
  pending_products_ += product;
  pending_.push_back(std::move(stage));
  // One thread waits for nobody, and finds what it has just made in its cache.
  if (options.threads == 1) flush();
}

void Compiler::flush() {
  if (pending_.empty()) return;
  flushes.push_back(backward_stages.size());
  for (Stage& stage : pending_) backward_stages.push_back(std::make_unique<Stage>(std::move(stage)));
  pending_products_ = 0;
  pending_.clear();
}

void Compiler::decode(Stage stage) { decode_stages.push_back(std::make_unique<Stage>(std::move(stage))); }

void Compiler::contribute(Value* value, Buffer* contribution) {
  Buffer* const before = value->gradient;
  value->multiplied = false;
  if (!before) {
    value->gradient = contribution;
    return;
  }
  Buffer* const sum = buffer(rows * value->columns);
  Stage stage{"add gradients", Split::rows, 0, {{before, false}, {contribution, false}, {sum, true}}, {}};
  stage.work = [before, contribution, sum, columns = value->columns, kernels = &kernels](const Slice& slice) {
    const int64_t from = slice.begin * columns;
    kernels->add((slice.end - slice.begin) * columns, before->data + from, contribution->data + from, sum->data + from);
  };
  backward(std::move(stage));
  value->gradient = sum;
}

Buffer* Compiler::packed(Parameter* weight) {
  if (weight->packed) return weight->packed;
  const int64_t n = weight->shape[0], k = weight->shape[1];
  weight->packed = pinned(kernels.packed_floats(k, n));
  Stage stage{"pack", Split::units, (n + kernels.panel - 1) / kernels.panel, {{&weight->value, false}, {weight->packed, true}}, {}};
  stage.work = [weight, n, k, pack = kernels.pack](const Slice& slice) { pack(k, n, weight->value.data, 1, k, slice.begin, slice.end, weight->packed->data); };
  packing.push_back(std::make_unique<Stage>(std::move(stage)));
  return weight->packed;
}

Buffer* Compiler::packed_transposed(Parameter* weight) {
  if (weight->packed_transposed) return weight->packed_transposed;
  const int64_t k = weight->shape[0], n = weight->shape[1];
  weight->packed_transposed = pinned(kernels.packed_floats(k, n));
  Stage stage{"pack transposed", Split::units, (n + kernels.panel - 1) / kernels.panel, {{&weight->value, false}, {weight->packed_transposed, true}}, {}};
  stage.work = [weight, n, k, pack = kernels.pack](const Slice& slice) { pack(k, n, weight->value.data, n, 1, slice.begin, slice.end, weight->packed_transposed->data); };
  packing.push_back(std::make_unique<Stage>(std::move(stage)));
  return weight->packed_transposed;
}

std::unique_ptr<Operation> make_operation(const NodeSpec& node, uint64_t number) {
  if (node.op == "embedding") return make_embedding(node);
  if (node.op == "linear") return make_linear(node);
  if (node.op == "layer-norm") return make_layer_norm(node);
  if (node.op == "attention") return make_attention(node, number);
  if (node.op == "gelu") return make_gelu(node);
  if (node.op == "add") return make_add(node);
  if (node.op == "dropout") return make_dropout(node, number);
  if (node.op == "cross-entropy") return make_cross_entropy(node);
  if (node.op == "token-log-probabilities") return make_token_log_probabilities(node);
  if (node.op == "pairwise-loss") return make_pairwise_loss(node);
  if (node.op == "clipped-policy-loss") return make_clipped_policy_loss(node);
  if (node.op == "value-loss") return make_value_loss(node);
  if (node.op == "preference-loss") return make_preference_loss(node);
  throw Failure("engine-operation", "Expected an operation that the native trainer has but received " + node.op + ".").with("operation", node.op);
}

}  // namespace gptlab
