/** A graph as `electron/graph/graph.ts` describes it, in plain C++. */
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace gptlab {

struct ParameterSpec {
  std::string name;
  std::vector<int64_t> shape;
};

struct InputSpec {
  std::string name;
  bool integers;      // int32, else float32
  bool per_sequence;  // one element a sequence, else one a token
};

/** One operation: its string properties (values, parameters, kinds) and its numbers. */
struct NodeSpec {
  std::string op;
  std::map<std::string, std::string> names;
  std::map<std::string, double> numbers;

  bool has(const std::string& key) const { return names.count(key) > 0; }
  const std::string& name(const std::string& key) const;
  double number(const std::string& key) const;
};

struct GraphSpec {
  int64_t context = 0;
  int64_t vocabulary = 0;
  std::vector<InputSpec> inputs;
  std::vector<ParameterSpec> parameters;
  std::vector<NodeSpec> nodes;
  std::map<std::string, std::string> outputs;
};

}  // namespace gptlab
