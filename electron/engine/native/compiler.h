/** What operations build themselves from: parameters, values, buffers and stages of a plan. */
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "graph.h"
#include "kernels/kernels.h"
#include "plan.h"
#include "program.h"

namespace gptlab {

/** A parameter with its gradient and moments; all four lie at the same offset of their blocks. */
struct Parameter {
  std::string name;
  std::vector<int64_t> shape;
  int64_t size = 0;
  int64_t offset = 0;
  bool decays = false;
  /** Names the parameter in the accesses of stages. */
  Buffer value, gradient;
  float* first = nullptr;
  float* second = nullptr;
  /** A stage has already set the gradient: later ones add to it. */
  bool reached = false;
  /** (out, in) weight packed for x·Wᵀ and for dY·W; null until an operation asks. */
  Buffer* packed = nullptr;
  Buffer* packed_transposed = nullptr;
};

class Operation;

/** A value of the graph: rows × columns. */
struct Value {
  std::string name;
  int64_t columns = 0;
  Buffer* data = nullptr;
  int uses = 0;
  /** Sum of the contributions so far; null before the first. Never written again once set: the next contribution makes a new buffer. */
  Buffer* gradient = nullptr;
  /** GELU′ at each element where the value is a fused GELU's; its only user multiplies it into the gradient it hands back. */
  Buffer* derivative = nullptr;
  /** `gradient` has been multiplied by `derivative` already. */
  bool multiplied = false;
  /** The same value in a decoding pass. */
  Buffer* decoded = nullptr;
};

/** What a step is run on. Operations keep a pointer to the plan's one. */
struct Step {
  int64_t sequences = 0, length = 0, rows = 0;
  bool training = false;
  /** Steps done before this one. */
  uint64_t number = 0;
  uint64_t seed = 0;
  /** 1 / rows or pairs that count in the loss. */
  double inverse_count = 1;
  /** Inputs of this batch, in the graph's order. */
  std::vector<const int32_t*> integers;
  std::vector<const float*> floats;
  Partition partition;
};

/** Rows of a decoding pass: one position of one stream each. */
struct Decoding {
  int64_t rows = 0;
  std::vector<int32_t> tokens;
  std::vector<int32_t> positions;
  std::vector<int32_t> streams;
};

/** Of decoding stages, whose amount of work is known only when they run: they have one unit for each thread. */
struct Sharing {
  const Kernels* kernels;
  const Decoding* decoding;
  int64_t threads;
  /** Part of `count` things that belongs to the slice's units. */
  Slice share(int64_t count, const Slice& units) const { return {count * units.begin / threads, count * units.end / threads, units.thread, 0}; }
};

/** Collects the stages of a plan; operations call it in order for forward, in reverse for backward. */
class Compiler {
 public:
  Compiler(const GraphSpec& graph, const Options& options, const Kernels& kernels, const Step& step, const Decoding& decoding);

  const GraphSpec& graph;
  const Options& options;
  const Kernels& kernels;
  const Step& step;
  const Decoding& decoding;
  /** Rows of a full batch, and of a full decoding pass. */
  const int64_t rows;
  const int64_t decode_rows;

  /** @throws Failure `engine-shape` when the graph has no such parameter or it is not of this shape; −1 fits any size. */
  Parameter* parameter(const std::string& name, const std::vector<int64_t>& shape);
  /** Place of an input among the graph's. @throws Failure `engine-shape` when it has none of this type */
  size_t input(const std::string& name, bool integers, bool per_sequence = false) const;
  /** @throws Failure `engine-shape` when nothing has made the value. */
  Value* value(const std::string& name);
  /** A value that the operation being compiled makes; `columns` of `rows`. */
  Value* define(const std::string& name, int64_t columns);

  /** Memory placed by its uses. */
  Buffer* buffer(int64_t floats);
  /** Memory that keeps its content for the plan's life. */
  Buffer* pinned(int64_t floats);
  /** One for each thread. */
  std::vector<Buffer*> scratch(int64_t floats);

  void forward(Stage stage);
  /** A stage of the chain of gradients, from loss to inputs. */
  void backward(Stage stage);
  /**
   * A stage that makes gradients of parameters: nothing on the chain waits for it, so it is put off and done with others behind one barrier, a few
   * products at a time. */
  void weight_gradient(Stage stage, bool product = false);
  void decode(Stage stage);
  /** Packs a linear weight (out, in) each time it has changed. */
  Buffer* packed(Parameter* weight);
  Buffer* packed_transposed(Parameter* weight);
  /** Ends the backward chain. */
  void flush();
  /** What a decoding stage captures. */
  Sharing sharing() const { return {&kernels, &decoding, options.threads}; }

  /** Adds a contribution that is already in a buffer. Use `gradient` as addend first where the kernel can. */
  void contribute(Value* value, Buffer* contribution);

  std::vector<std::unique_ptr<Parameter>> parameters;
  std::map<std::string, std::unique_ptr<Value>> values;
  std::vector<std::unique_ptr<Buffer>> buffers;
  std::vector<std::unique_ptr<Stage>> packing, forward_stages, backward_stages, decode_stages;
  /** Places in `backward_stages` where put-off stages begin. */
  std::vector<size_t> flushes;

 private:
  std::vector<Stage> pending_;
  int pending_products_ = 0;
};

/** One class for each operation of the graph. Operations are compiled once and live as long as their plan. */
class Operation {
 public:
  virtual ~Operation() = default;
  /** Defines values and adds the stages that compute them. */
  virtual void forward(Compiler& compiler) = 0;
  /** Adds stages from the gradient of what it made to gradients of what it read. Called only where that gradient exists. */
  virtual void backward(Compiler& compiler) = 0;
  /** Adds the stages that compute new positions of decoded streams from cached ones. */
  virtual void decode(Compiler& compiler) = 0;
  /** Value that must have a gradient for `backward` to be called; empty for a loss. */
  virtual const std::string& made() const = 0;

  /** @throws Failure for inputs that this operation cannot take. `batch` holds whole batches of `sequences`·`length`. */
  virtual void check(const Batch& /*batch*/) const {}
  /** A loss: rows or pairs that count in the batch whose inputs the step holds. @throws Failure `engine-input` when none does */
  virtual int64_t counted(const Step& /*step*/) const { return 0; }
  /** A loss: its value, after the forward stages or the backward ones. */
  virtual double loss() const { return 0; }
  virtual bool is_loss() const { return false; }
};

/** @throws Failure `engine-operation` for an operation that the engine has not. `number` seeds its masks. */
std::unique_ptr<Operation> make_operation(const NodeSpec& node, uint64_t number);

/** The same graph with products that absorb a following GELU or residual addition. */
GraphSpec fuse(const GraphSpec& graph);

}  // namespace gptlab
