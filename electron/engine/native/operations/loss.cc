#include "loss.h"

#include <algorithm>
#include <cmath>

#include "../failure.h"

namespace gptlab {

void Loss::forward(Compiler& compiler) {
  value_ = compiler.value(node_.name(reads_));
  step_ = &compiler.step;
  options_ = &compiler.options;
  prepare(compiler);
  sums_ = compiler.pinned(2 * most_parts(compiler.options));
  Stage made = stage(compiler, nullptr);
  made.when = When::inference;
  made.accesses.push_back({sums_, true});
  compiler.forward(std::move(made));
}

void Loss::backward(Compiler& compiler) {
  Buffer* const gradient = value_->uses == 1 && !value_->data->pinned ? value_->data : compiler.buffer(compiler.rows * value_->columns);
  Stage made = stage(compiler, gradient);
  made.accesses.push_back({sums_, true});
  made.accesses.push_back({gradient, true});
  compiler.backward(std::move(made));
  compiler.contribute(value_, gradient);
}

double Loss::loss() const {
  double total = 0;
  for (int64_t part = 0; part < parts(); part++) total += sums()[part];
  return total * step_->inverse_count;
}

void Loss::expect_one_column() const {
  if (value_->columns != 1)
    throw Failure("engine-shape", "Expected one column of " + value_->name + " for the operation " + node_.op + " but received " + std::to_string(value_->columns) + ".")
        .with("name", value_->name);
}

double Loss::positive(const char* key) const {
  const double number = node_.number(key);
  if (!(number > 0) || !std::isfinite(number))
    throw Failure("engine-shape", "Expected a number above 0 for " + std::string(key) + " of the operation " + node_.op + " but received " + std::to_string(number) + ".")
        .with("operation", node_.op);
  return number;
}

void TokenLoss::prepare(Compiler& compiler) {
  targets_ = compiler.input(node_.name("targets"), true);
  kernels_ = &compiler.kernels;
}

int64_t TokenLoss::most_parts(const Options& options) const { return RowBlocks(options.batch, options.length).count(); }
int64_t TokenLoss::parts() const { return step_->partition.blocks().count(); }

Stage TokenLoss::stage(Compiler&, Buffer* gradient) {
  Stage stage{node_.op.c_str(), Split::rows, 0, {{value_->data, false}}, {}};
  stage.work = [this, gradient](const Slice& slice) {
    const RowBlocks& blocks = step_->partition.blocks();
    for (int64_t block = slice.block, row = slice.begin; row < slice.end; row = blocks.end(block++))
      sums()[block] = rows(row, blocks.end(block), gradient ? gradient->data : nullptr);
  };
  return stage;
}

size_t TokenLoss::token_input(Compiler& compiler, const char* key) {
  floats_.emplace_back(compiler.input(node_.name(key), false), node_.name(key));
  return floats_.back().first;
}

void TokenLoss::check(const Batch& batch) const {
  for (const auto& [input, name] : floats_) check_finite(batch[input].floats, name);
}

int64_t TokenLoss::counted(const Step& step) const {
  const int32_t* const targets = step.integers[targets_];
  const int64_t count = std::count_if(targets, targets + step.rows, [](int32_t target) { return target >= 0; });
  if (count == 0) throw Failure("engine-input", "Expected at least one target that counts in each batch but received only ignored ones.").with("input", "targets");
  return count;
}

void PairLoss::prepare(Compiler& compiler) {
  expect_one_column();
  work_ = compiler.pinned(4 * compiler.options.batch);
}

Stage PairLoss::stage(Compiler&, Buffer* gradient) {
  Stage stage{node_.op.c_str(), Split::units, 1, {{value_->data, false}}, {}};
  stage.work = [this, gradient](const Slice&) { sums()[0] = pairs(gradient ? gradient->data : nullptr); };
  return stage;
}

std::pair<double, double> pair_loss(double lead) {
  const double loss = lead < 0 ? std::log1p(std::exp(lead)) - lead : std::log1p(std::exp(-lead));
  return {loss, -1 / (1 + std::exp(lead))};
}

void check_finite(const std::vector<float>& values, const std::string& name) {
  for (const float value : values)
    if (!std::isfinite(value)) throw Failure("engine-input", "Expected finite values for " + name + " but received " + std::to_string(value) + ".").with("input", name);
}

}  // namespace gptlab
