#include "graph_reader.h"

#include "failure.h"

namespace gptlab {
namespace {

constexpr const char* kSimdNames[] = {"avx512", "avx2", "neon", "portable", "reference"};

std::string text(const Napi::Object& object, const char* key) { return object.Get(key).ToString().Utf8Value(); }
double number(const Napi::Object& object, const char* key) { return object.Get(key).ToNumber().DoubleValue(); }
int64_t integer(const Napi::Object& object, const char* key) { return object.Get(key).ToNumber().Int64Value(); }

template <class Read>
void each(const Napi::Value& list, const Read& read) {
  const Napi::Array array = list.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); i++) read(array.Get(i));
}

}  // namespace

GraphSpec read_graph(const Napi::Object& graph) {
  GraphSpec spec;
  spec.context = integer(graph, "context");
  spec.vocabulary = integer(graph, "vocabulary");
  each(graph.Get("inputs"), [&](const Napi::Value& value) {
    const Napi::Object input = value.As<Napi::Object>();
    spec.inputs.push_back({text(input, "name"), text(input, "type") == "int32", text(input, "per") == "sequence"});
  });
  each(graph.Get("parameters"), [&](const Napi::Value& value) {
    const Napi::Object parameter = value.As<Napi::Object>();
    ParameterSpec made{text(parameter, "name"), {}};
    each(parameter.Get("shape"), [&](const Napi::Value& size) { made.shape.push_back(size.ToNumber().Int64Value()); });
    spec.parameters.push_back(std::move(made));
  });
  each(graph.Get("nodes"), [&](const Napi::Value& value) {
    const Napi::Object node = value.As<Napi::Object>();
    NodeSpec made;
    each(node.GetPropertyNames(), [&](const Napi::Value& key) {
      const std::string name = key.ToString().Utf8Value();
      const Napi::Value property = node.Get(key);
      if (name == "op")
        made.op = property.ToString().Utf8Value();
      else if (property.IsNumber())
        made.numbers[name] = property.ToNumber().DoubleValue();
      else if (property.IsString())
        made.names[name] = property.ToString().Utf8Value();
    });
    spec.nodes.push_back(std::move(made));
  });
  const Napi::Object outputs = graph.Get("outputs").As<Napi::Object>();
  each(outputs.GetPropertyNames(), [&](const Napi::Value& key) { spec.outputs[key.ToString().Utf8Value()] = outputs.Get(key).ToString().Utf8Value(); });
  return spec;
}

Options read_options(const Napi::Object& object) {
  Options options;
  options.batch = integer(object, "batch");
  options.length = integer(object, "length");
  options.threads = static_cast<int>(integer(object, "threads"));
  options.spin = text(object, "wait") == "spin";
  options.simd = simd_of(text(object, "simd"));
  options.seed = static_cast<uint64_t>(integer(object, "seed"));
  options.streams = integer(object, "streams");
  const Napi::Object optimiser = object.Get("optimiser").As<Napi::Object>();
  options.beta1 = number(optimiser, "beta1");
  options.beta2 = number(optimiser, "beta2");
  options.epsilon = number(optimiser, "epsilon");
  options.weight_decay = number(optimiser, "weightDecay");
  options.clip = number(optimiser, "clip");
  each(optimiser.Get("decayed"), [&](const Napi::Value& name) { options.decayed.insert(name.ToString().Utf8Value()); });
  return options;
}

Simd simd_of(const std::string& name) {
  for (size_t i = 0; i < sizeof kSimdNames / sizeof *kSimdNames; i++)
    if (name == kSimdNames[i]) return static_cast<Simd>(i);
  throw Failure("engine-simd", "Expected avx512, avx2, neon, portable or reference for the kernel set but received " + name + ".").with("simd", name);
}

const char* name_of(Simd simd) { return kSimdNames[static_cast<size_t>(simd)]; }

}  // namespace gptlab
