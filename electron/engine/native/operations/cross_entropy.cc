#include <string>

#include "loss.h"

namespace gptlab {
namespace {

/** −mean over rows with target ≥ 0 of log softmax(logits)[target]. */
class CrossEntropy : public TokenLoss {
 public:
  explicit CrossEntropy(const NodeSpec& node) : TokenLoss(node, "logits") {}

  void check(const Batch& batch) const override { check_targets(batch[targets_].integers, value_->columns); }

 protected:
  double rows(int64_t first, int64_t last, float* gradient) const override {
    const int64_t columns = value_->columns;
    return kernels_->cross_entropy(last - first, columns, value_->data->data + first * columns, targets() + first, static_cast<float>(step_->inverse_count),
                                   gradient ? gradient + first * columns : nullptr);
  }
};

}  // namespace

std::unique_ptr<Operation> make_cross_entropy(const NodeSpec& node) { return std::make_unique<CrossEntropy>(node); }

}  // namespace gptlab
