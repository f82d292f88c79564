/** Losses over pairs of which one was preferred: the reward model's (Ouyang et al. 2022) and DPO's (Rafailov et al. 2023). */
#include <algorithm>
#include <string>

#include "../failure.h"
#include "loss.h"

namespace gptlab {
namespace {

/** −mean of log σ(s_better − s_worse) over all pairs of a group whose ranks differ; s is the score at the sequence's place. */
class PairwiseLoss : public PairLoss {
 public:
  explicit PairwiseLoss(const NodeSpec& node) : PairLoss(node, "scores") {}

  void check(const Batch& batch) const override {
    const auto& places = batch[at_].integers;
    const auto& groups = batch[group_].integers;
    for (size_t i = 0; i < groups.size(); i++) {
      if (groups[i] < -1) throw refuse("group", "groups from 0, or −1 for a sequence that counts in no pair,", groups[i]);
      if (groups[i] >= 0 && (places[i] < 0 || places[i] >= options_->length))
        throw refuse("at", "positions from 0 to " + std::to_string(options_->length - 1), places[i]);
    }
  }

  int64_t counted(const Step& step) const override {
    int64_t pairs = 0;
    each_pair(step, [&](int64_t, int64_t) { pairs++; });
    if (pairs == 0)
      throw Failure("engine-input", "Expected completions of one prompt with different ranks in each batch but received none: equal ranks make no pair.").with("input", "rank");
    return pairs;
  }

 protected:
  void prepare(Compiler& compiler) override {
    PairLoss::prepare(compiler);
    at_ = compiler.input(node_.name("at"), true, true);
    group_ = compiler.input(node_.name("group"), true, true);
    rank_ = compiler.input(node_.name("rank"), true, true);
  }

  double pairs(float* gradient) const override {
    const int32_t* const places = step_->integers[at_];
    const auto row = [&](int64_t i) { return i * step_->length + places[i]; };
    const auto in_group = [&](int64_t i) { return step_->integers[group_][i] >= 0; };
    for (int64_t i = 0; i < step_->sequences; i++) {
      quantities()[i] = in_group(i) ? value_->data->data[row(i)] : 0;
      quantity_gradients()[i] = 0;
    }
    double sum = 0;
    each_pair(*step_, [&](int64_t better, int64_t worse) {
      const auto [loss, slope] = pair_loss(quantities()[better] - quantities()[worse]);
      sum += loss;
      quantity_gradients()[better] += slope;
      quantity_gradients()[worse] -= slope;
    });
    if (!gradient) return sum;
    std::fill(gradient, gradient + step_->rows, 0.0f);
    for (int64_t i = 0; i < step_->sequences; i++)
      if (in_group(i)) gradient[row(i)] = static_cast<float>(quantity_gradients()[i] * step_->inverse_count);
    return sum;
  }

 private:
  static Failure refuse(const char* input, const std::string& expected, int32_t received) {
    return Failure("engine-input", "Expected " + expected + " for " + input + " but received " + std::to_string(received) + ".").with("input", input).with("received", received);
  }

  template <class Work>
  void each_pair(const Step& step, const Work& work) const {
    const int32_t* const groups = step.integers[group_];
    const int32_t* const ranks = step.integers[rank_];
    for (int64_t better = 0; better < step.sequences; better++)
      for (int64_t worse = 0; worse < step.sequences; worse++)
        if (groups[better] >= 0 && groups[better] == groups[worse] && ranks[better] < ranks[worse]) work(better, worse);
  }

  size_t at_ = 0, group_ = 0, rank_ = 0;
};

/** −mean of log σ(β·[(Σ log π − reference)_chosen − (Σ log π − reference)_rejected]); sequence 2i is chosen, 2i+1 rejected. */
class PreferenceLoss : public PairLoss {
 public:
  explicit PreferenceLoss(const NodeSpec& node) : PairLoss(node, "logProbabilities") {}

  void check(const Batch& batch) const override { check_finite(batch[reference_].floats, node_.name("reference")); }

  int64_t counted(const Step& step) const override {
    int64_t pairs = 0;
    for (int64_t i = 0; i < step.sequences; i += 2) {
      const bool chosen = has_targets(step, i), rejected = has_targets(step, i + 1);
      if (chosen != rejected)
        throw Failure("engine-input", "Expected targets in both sequences of a pair but sequence " + std::to_string(chosen ? i + 1 : i) + " has none.").with("input", "targets");
      pairs += chosen;
    }
    if (pairs == 0) throw Failure("engine-input", "Expected at least one pair with targets in each batch but received only ignored ones.").with("input", "targets");
    return pairs;
  }

 protected:
  void prepare(Compiler& compiler) override {
    PairLoss::prepare(compiler);
    targets_ = compiler.input(node_.name("targets"), true);
    reference_ = compiler.input(node_.name("reference"), false, true);
    beta_ = positive("beta");
    if (options_->batch % 2 != 0)
      throw Failure("engine-shape", "Expected pairs of sequences, chosen and rejected, but received a batch of " + std::to_string(options_->batch) + ".");
  }

  double pairs(float* gradient) const override {
    for (int64_t i = 0; i < step_->sequences; i++) {
      quantities()[i] = -static_cast<double>(step_->floats[reference_][i]);
      each_row(i, [&](int64_t row) { quantities()[i] += value_->data->data[row]; });
    }
    if (gradient) std::fill(gradient, gradient + step_->rows, 0.0f);
    double sum = 0;
    for (int64_t i = 0; i < step_->sequences; i += 2) {
      if (!has_targets(*step_, i)) continue;
      const auto [loss, slope] = pair_loss(beta_ * (quantities()[i] - quantities()[i + 1]));
      sum += loss;
      if (!gradient) continue;
      const float toward = static_cast<float>(beta_ * slope * step_->inverse_count);
      each_row(i, [&](int64_t row) { gradient[row] = toward; });
      each_row(i + 1, [&](int64_t row) { gradient[row] = -toward; });
    }
    return sum;
  }

 private:
  bool has_targets(const Step& step, int64_t sequence) const {
    const int32_t* const targets = step.integers[targets_] + sequence * step.length;
    return std::any_of(targets, targets + step.length, [](int32_t target) { return target >= 0; });
  }

  /** Rows of a sequence that count, in order. */
  template <class Work>
  void each_row(int64_t sequence, const Work& work) const {
    for (int64_t row = sequence * step_->length; row < (sequence + 1) * step_->length; row++)
      if (step_->integers[targets_][row] >= 0) work(row);
  }

  size_t targets_ = 0, reference_ = 0;
  double beta_ = 0;
};

}  // namespace

std::unique_ptr<Operation> make_pairwise_loss(const NodeSpec& node) { return std::make_unique<PairwiseLoss>(node); }
std::unique_ptr<Operation> make_preference_loss(const NodeSpec& node) { return std::make_unique<PreferenceLoss>(node); }

}  // namespace gptlab
