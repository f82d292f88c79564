#include <algorithm>
#include <string>

#include "../failure.h"
#include "operations.h"

namespace gptlab {
namespace {

/** −mean over rows with target ≥ 0 of log softmax(logits)[target]. */
class CrossEntropy : public Operation {
 public:
  explicit CrossEntropy(const NodeSpec& node) : node_(node) {}
  const std::string& made() const override { return node_.name("out"); }
  bool is_loss() const override { return true; }

  void forward(Compiler& compiler) override {
    logits_ = compiler.value(node_.name("logits"));
    targets_ = compiler.input(node_.name("targets"), true);
    step_ = &compiler.step;
    // Sums of blocks, in double; read when all stages are done.
    sums_ = compiler.pinned(2 * RowBlocks(compiler.options.batch, compiler.options.length).count());
    compiler.forward(stage(compiler, nullptr, When::inference));
  }

  /** The loss is computed here, with its gradient, which takes the place of the logits. */
  void backward(Compiler& compiler) override {
    Buffer* const d_logits = logits_->uses == 1 ? logits_->data : compiler.buffer(compiler.rows * logits_->columns);
    compiler.backward(stage(compiler, d_logits, When::always));
    compiler.contribute(logits_, d_logits);
  }

  void decode(Compiler&) override {}

  void check(const Batch& batch) const override {
    for (const int32_t target : batch[targets_].integers)
      if (target < -1 || target >= logits_->columns)
        throw Failure("token-out-of-range", "Expected targets from 0 to " + std::to_string(logits_->columns - 1) + ", or −1 to ignore one, but received " +
                                                std::to_string(target) + ". Check that tokenizer and model belong together.")
            .with("token", target)
            .with("vocabulary", static_cast<double>(logits_->columns));
  }

  int64_t counted(const Step& step) const override {
    const int32_t* const targets = step.integers[targets_];
    return std::count_if(targets, targets + step.rows, [](int32_t target) { return target >= 0; });
  }

  double loss() const override {
    const double* const sums = reinterpret_cast<const double*>(sums_->data);
    double total = 0;
    for (int64_t block = 0; block < step_->partition.blocks().count(); block++) total += sums[block];
    return total * step_->inverse_count;
  }

 private:
  Stage stage(Compiler& compiler, Buffer* d_logits, When when) {
    Stage stage{"cross-entropy", Split::rows, 0, {{logits_->data, false}, {sums_, true}}, {}, when};
    if (d_logits) stage.accesses.push_back({d_logits, true});
    stage.work = [this, d_logits, kernels = &compiler.kernels, step = &compiler.step](const Slice& slice) {
      const RowBlocks& blocks = step->partition.blocks();
      double* const sums = reinterpret_cast<double*>(sums_->data);
      for (int64_t block = slice.block, row = slice.begin; row < slice.end; row = blocks.end(block++))
        sums[block] = kernels->cross_entropy(blocks.end(block) - row, logits_->columns, logits_->data->data + row * logits_->columns, step->integers[targets_] + row,
                                             static_cast<float>(step->inverse_count), d_logits ? d_logits->data + row * logits_->columns : nullptr);
    };
    return stage;
  }

  const NodeSpec node_;
  Value* logits_ = nullptr;
  size_t targets_ = 0;
  Buffer* sums_ = nullptr;
  const Step* step_ = nullptr;
};

}  // namespace

std::unique_ptr<Operation> make_cross_entropy(const NodeSpec& node) { return std::make_unique<CrossEntropy>(node); }

}  // namespace gptlab
