/** PPO's two losses (Schulman et al. 2017, with TRL's conventions) and GRPO's penalty (Shao et al. 2024). */
#include <algorithm>
#include <cmath>

#include "loss.h"

namespace gptlab {
namespace {

/**
 * Masked mean of max(−A·ρ, −A·clip(ρ, 1 − ε, 1 + ε)), ρ = exp(log π − old); with a reference, plus β·(exp(d) − d − 1),
 * d = reference − log π. By log π: −A·ρ where the clipped term is not the larger, and β·(1 − exp(d)).
 */
class ClippedPolicyLoss : public TokenLoss {
 public:
  explicit ClippedPolicyLoss(const NodeSpec& node) : TokenLoss(node, "logProbabilities") {}

 protected:
  void prepare(Compiler& compiler) override {
    TokenLoss::prepare(compiler);
    expect_one_column();
    old_ = token_input(compiler, "old");
    advantages_ = token_input(compiler, "advantages");
    clip_ = positive("clip");
    penalised_ = node_.has("reference");
    if (!penalised_) return;
    reference_ = token_input(compiler, "reference");
    beta_ = positive("beta");
  }

  double rows(int64_t first, int64_t last, float* gradient) const override {
    double sum = 0;
    for (int64_t row = first; row < last; row++) {
      double slope = 0;
      if (targets()[row] >= 0) sum += term(row, slope);
      if (gradient) gradient[row] = static_cast<float>(slope * step_->inverse_count);
    }
    return sum;
  }

 private:
  double term(int64_t row, double& slope) const {
    const double now = value_->data->data[row], advantage = step_->floats[advantages_][row];
    const double ratio = std::exp(now - step_->floats[old_][row]);
    const double unclipped = -advantage * ratio, clipped = -advantage * std::clamp(ratio, 1 - clip_, 1 + clip_);
    slope = clipped > unclipped ? 0 : unclipped;
    double loss = std::max(unclipped, clipped);
    if (penalised_) {
      const double distance = step_->floats[reference_][row] - now;
      loss += beta_ * (std::expm1(distance) - distance);
      slope -= beta_ * std::expm1(distance);
    }
    return loss;
  }

  size_t old_ = 0, advantages_ = 0, reference_ = 0;
  double clip_ = 0, beta_ = 0;
  bool penalised_ = false;
};

/** ½·masked mean of max((V − R)², (clip(V, old ± ε) − R)²). By V: V − R where the clipped term is not the larger. */
class ValueLoss : public TokenLoss {
 public:
  explicit ValueLoss(const NodeSpec& node) : TokenLoss(node, "values") {}

 protected:
  void prepare(Compiler& compiler) override {
    TokenLoss::prepare(compiler);
    expect_one_column();
    old_ = token_input(compiler, "old");
    returns_ = token_input(compiler, "returns");
    clip_ = positive("clip");
  }

  double rows(int64_t first, int64_t last, float* gradient) const override {
    double sum = 0;
    for (int64_t row = first; row < last; row++) {
      double slope = 0;
      if (targets()[row] >= 0) {
        const double value = value_->data->data[row], old = step_->floats[old_][row], wanted = step_->floats[returns_][row];
        const double error = value - wanted, held = std::clamp(value, old - clip_, old + clip_) - wanted;
        sum += std::max(error * error, held * held) / 2;
        if (held * held <= error * error) slope = error;
      }
      if (gradient) gradient[row] = static_cast<float>(slope * step_->inverse_count);
    }
    return sum;
  }

 private:
  size_t old_ = 0, returns_ = 0;
  double clip_ = 0;
};

}  // namespace

std::unique_ptr<Operation> make_clipped_policy_loss(const NodeSpec& node) { return std::make_unique<ClippedPolicyLoss>(node); }
std::unique_ptr<Operation> make_value_loss(const NodeSpec& node) { return std::make_unique<ValueLoss>(node); }

}  // namespace gptlab
