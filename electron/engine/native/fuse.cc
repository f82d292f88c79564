#include <algorithm>

#include "compiler.h"

namespace gptlab {
namespace {

/** Nodes that read each value. */
std::map<std::string, int> count_uses(const GraphSpec& graph) {
  std::map<std::string, int> uses;
  for (const NodeSpec& node : graph.nodes)
    for (const auto& [key, name] : node.names)
      if (key != "out") uses[name]++;
  for (const auto& [key, name] : graph.outputs) uses[name]++;
  return uses;
}

}  // namespace

GraphSpec fuse(const GraphSpec& graph) {
  GraphSpec fused = graph;
  fused.nodes.clear();
  std::map<std::string, int> uses = count_uses(graph);
  std::map<std::string, size_t> maker;

  // The operation whose result only this node reads, if it can take the node over.
  const auto absorber = [&](const std::string& value, std::initializer_list<const char*> kinds) -> NodeSpec* {
    const auto found = maker.find(value);
    if (found == maker.end() || uses[value] != 1) return nullptr;
    NodeSpec& node = fused.nodes[found->second];
    const bool kind = std::any_of(kinds.begin(), kinds.end(), [&](const char* name) { return node.op == name; });
    return kind && !node.has("activation") && !node.has("addend") ? &node : nullptr;
  };
  const auto rename = [&](NodeSpec& node, const std::string& out) {
    maker[out] = maker[node.name("out")];
    node.names["out"] = out;
  };

  for (const NodeSpec& node : graph.nodes) {
    if (node.op == "gelu" && node.has("x")) {
      if (NodeSpec* const linear = absorber(node.name("x"), {"linear"})) {
        linear->names["activation"] = "gelu";
        rename(*linear, node.name("out"));
        continue;
      }
    }
    if (node.op == "add" && node.has("a") && node.has("b")) {
      bool absorbed = false;
      for (const auto& [term, addend] : {std::pair{"b", "a"}, std::pair{"a", "b"}}) {
        NodeSpec* const target = absorber(node.name(term), {"linear", "dropout"});
        const auto addend_maker = maker.find(node.name(addend));
        // The addend must be there when the absorbing operation runs.
        if (!target || addend_maker == maker.end() || addend_maker->second >= maker.at(node.name(term))) continue;
        target->names["addend"] = node.name(addend);
        rename(*target, node.name("out"));
        absorbed = true;
        break;
      }
      if (absorbed) continue;
    }
    if (node.has("out")) maker[node.name("out")] = fused.nodes.size();
    fused.nodes.push_back(node);
  }
  return fused;
}

}  // namespace gptlab
