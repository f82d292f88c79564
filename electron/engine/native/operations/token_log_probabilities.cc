#include <cmath>
#include <string>

#include "../failure.h"
#include "operations.h"

namespace gptlab {
namespace {

/** out (rows, 1) = log softmax(logits / temperature)[target]; 0 where the target is −1. */
class TokenLogProbabilities : public Operation {
 public:
  explicit TokenLogProbabilities(const NodeSpec& node) : node_(node) {}
  const std::string& made() const override { return node_.name("out"); }

  void forward(Compiler& compiler) override {
    logits_ = compiler.value(node_.name("logits"));
    targets_ = compiler.input(node_.name("targets"), true);
    const double temperature = node_.number("temperature");
    inverse_temperature_ = static_cast<float>(1 / temperature);
    if (!(temperature > 0) || !(inverse_temperature_ > 0) || !std::isfinite(inverse_temperature_))
      throw Failure("engine-shape", "Expected a temperature above 0 but received " + std::to_string(temperature) + ".").with("operation", node_.op);
    out_ = compiler.define(made(), 1);
    Stage stage{"token log-probabilities", Split::rows, 0, {{logits_->data, false}, {out_->data, true}}, {}};
    stage.work = [this, kernels = &compiler.kernels, step = &compiler.step](const Slice& slice) {
      kernels->log_probabilities(slice.end - slice.begin, logits_->columns, row(slice, logits_->data), step->integers[targets_] + slice.begin, inverse_temperature_,
                                 out_->data->data + slice.begin);
    };
    compiler.forward(std::move(stage));
  }

  /** d_logits = d_out·(onehot − softmax)/temperature takes the place of the logits where nothing else reads them. */
  void backward(Compiler& compiler) override {
    Buffer* const dy = out_->gradient;
    Buffer* const d_logits = logits_->uses == 1 ? logits_->data : compiler.buffer(compiler.rows * logits_->columns);
    Stage stage{"token log-probabilities dx", Split::rows, 0, {{dy, false}, {logits_->data, false}, {d_logits, true}}, {}};
    stage.work = [this, dy, d_logits, kernels = &compiler.kernels, step = &compiler.step](const Slice& slice) {
      kernels->log_probabilities_backward(slice.end - slice.begin, logits_->columns, row(slice, logits_->data), step->integers[targets_] + slice.begin, inverse_temperature_,
                                          dy->data + slice.begin, row(slice, d_logits));
    };
    compiler.backward(std::move(stage));
    compiler.contribute(logits_, d_logits);
  }

  void decode(Compiler&) override {}

  void check(const Batch& batch) const override { check_targets(batch[targets_].integers, logits_->columns); }

 private:
  float* row(const Slice& slice, const Buffer* buffer) const { return buffer->data + slice.begin * logits_->columns; }

  const NodeSpec node_;
  Value* logits_ = nullptr;
  Value* out_ = nullptr;
  size_t targets_ = 0;
  float inverse_temperature_ = 1;
};

}  // namespace

void check_targets(const std::vector<int32_t>& targets, int64_t columns) {
  for (const int32_t target : targets)
    if (target < -1 || target >= columns)
      throw Failure("token-out-of-range", "Expected targets from 0 to " + std::to_string(columns - 1) + ", or −1 to ignore one, but received " + std::to_string(target) +
                                              ". Check that tokenizer and model belong together.")
          .with("token", target)
          .with("vocabulary", static_cast<double>(columns));
}

std::unique_ptr<Operation> make_token_log_probabilities(const NodeSpec& node) { return std::make_unique<TokenLogProbabilities>(node); }

}  // namespace gptlab
