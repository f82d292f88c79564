/** What all losses share: where they stand in a plan, what they count, and how their parts are summed. */
#pragma once

#include <string>

#include "operations.h"

namespace gptlab {

/**
 * A loss that reads one value and, on the way back, gives its gradient, in the value's place where nothing else reads
 * it. Parts of the sum are kept in double and added in order. Without a gradient the loss is computed in evaluations
 * only; in training it is computed with the gradient.
 */
class Loss : public Operation {
 public:
  /** `reads`: the key under which the node names the value. */
  Loss(const NodeSpec& node, const char* reads) : node_(node), reads_(reads) {}
  const std::string& made() const override { return node_.name("out"); }
  bool is_loss() const override { return true; }
  void forward(Compiler& compiler) override;
  void backward(Compiler& compiler) override;
  void decode(Compiler&) override {}
  double loss() const override;

 protected:
  /** Finds inputs and numbers of the node. */
  virtual void prepare(Compiler& compiler) = 0;
  /** Parts of the sum at most, and in this step. */
  virtual int64_t most_parts(const Options& options) const = 0;
  virtual int64_t parts() const = 0;
  /** Writes parts and, where `gradient` is not null, the value's gradient. */
  virtual Stage stage(Compiler& compiler, Buffer* gradient) = 0;

  double* sums() const { return reinterpret_cast<double*>(sums_->data); }
  /** The value as one column. @throws Failure `engine-shape` when it has more */
  void expect_one_column() const;
  /** A number of the node that must be above 0. @throws Failure `engine-shape` */
  double positive(const char* key) const;

  const NodeSpec node_;
  Value* value_ = nullptr;
  const Step* step_ = nullptr;
  const Options* options_ = nullptr;

 private:
  const char* const reads_;
  Buffer* sums_ = nullptr;
};

/** A mean over the rows with target ≥ 0. */
class TokenLoss : public Loss {
 public:
  using Loss::Loss;
  void check(const Batch& batch) const override;
  int64_t counted(const Step& step) const override;

 protected:
  void prepare(Compiler& compiler) override;
  int64_t most_parts(const Options& options) const override;
  int64_t parts() const override;
  Stage stage(Compiler& compiler, Buffer* gradient) override;
  /** Sum over the rows [first, last); fills their gradients, divided by the rows that count, where it is not null. */
  virtual double rows(int64_t first, int64_t last, float* gradient) const = 0;

  const int32_t* targets() const { return step_->integers[targets_]; }
  /** A float32 input per token that the node names. */
  size_t token_input(Compiler& compiler, const char* key);
  const Kernels* kernels_ = nullptr;
  size_t targets_ = 0;

 private:
  std::vector<std::pair<size_t, std::string>> floats_;
};

/** A mean over pairs of sequences; the sum is small work, done by one thread in a fixed order. */
class PairLoss : public Loss {
 public:
  using Loss::Loss;

 protected:
  void prepare(Compiler& compiler) override;
  int64_t most_parts(const Options&) const override { return 1; }
  int64_t parts() const override { return 1; }
  Stage stage(Compiler& compiler, Buffer* gradient) override;
  /** Sum over the pairs; fills the gradient of every row, divided by the number of pairs, where it is not null. */
  virtual double pairs(float* gradient) const = 0;

  /** One quantity of each sequence, and its gradient. */
  double* quantities() const { return reinterpret_cast<double*>(work_->data); }
  double* quantity_gradients() const { return quantities() + options_->batch; }

 private:
  Buffer* work_ = nullptr;
};

/** −log σ(lead) and, as the second, its derivative by the lead. */
std::pair<double, double> pair_loss(double lead);

/** @throws Failure `engine-input` for what is not finite in a float32 input */
void check_finite(const std::vector<float>& values, const std::string& name);

}  // namespace gptlab
