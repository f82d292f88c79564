#include <algorithm>

#include "operations.h"

namespace gptlab {
namespace {

/** out = (x − mean)/√(variance + ε)·weight + bias over the columns of each row; biased variance. */
class LayerNorm : public Operation {
 public:
  explicit LayerNorm(const NodeSpec& node) : node_(node) {}
  const std::string& made() const override { return node_.name("out"); }

  void forward(Compiler& compiler) override {
    x_ = compiler.value(node_.name("x"));
    columns_ = x_->columns;
    weight_ = compiler.parameter(node_.name("weight"), {columns_});
    if (node_.has("bias")) bias_ = compiler.parameter(node_.name("bias"), {columns_});
    epsilon_ = static_cast<float>(node_.number("epsilon"));
    out_ = compiler.define(made(), columns_);
    stats_ = compiler.buffer(compiler.rows * 2);
    Stage stage{"layer norm", Split::rows, 0, {{x_->data, false}, {out_->data, true}, {stats_, true}}, {}};
    stage.work = [this, kernels = &compiler.kernels](const Slice& slice) {
      const int64_t from = slice.begin * columns_;
      kernels->layer_norm(slice.end - slice.begin, columns_, x_->data->data + from, weight_->value.data, bias(), epsilon_, out_->data->data + from,
                          stats_->data + slice.begin * 2);
    };
    compiler.forward(std::move(stage));
  }

  void backward(Compiler& compiler) override {
    Buffer* const dy = out_->gradient;
    Buffer* const before = x_->gradient;
    Buffer* const dx = compiler.buffer(compiler.rows * columns_);
    // A row for each block: gradient of weight, then of bias.
    const int64_t width = (bias_ ? 2 : 1) * columns_;
    const int64_t most = RowBlocks(compiler.options.batch, compiler.options.length).count();
    Buffer* const sums = compiler.buffer(most * width);
    Stage stage{"layer norm dx", Split::rows, 0, {{x_->data, false}, {stats_, false}, {dy, false}, {dx, true}, {sums, true}}, {}};
    if (before) stage.accesses.push_back({before, false});
    stage.work = [this, dy, before, dx, sums, width, kernels = &compiler.kernels, step = &compiler.step](const Slice& slice) {
      const RowBlocks& blocks = step->partition.blocks();
      for (int64_t block = slice.block, row = slice.begin; row < slice.end; row = blocks.end(block++)) {
        const int64_t from = row * columns_;
        float* const block_sums = sums->data + block * width;
        kernels->layer_norm_backward(blocks.end(block) - row, columns_, x_->data->data + from, stats_->data + row * 2, weight_->value.data, dy->data + from,
                                     before ? before->data + from : nullptr, dx->data + from, block_sums, bias_ ? block_sums + columns_ : nullptr);
      }
    };
    compiler.backward(std::move(stage));
    x_->gradient = dx;
    x_->multiplied = false;
    sum_blocks(compiler, sums, width, 0, weight_);
    if (bias_) sum_blocks(compiler, sums, width, columns_, bias_);
  }

  void decode(Compiler& compiler) override {
    out_->decoded = compiler.pinned(compiler.decode_rows * columns_);
    Buffer* const stats = compiler.pinned(compiler.decode_rows * 2);
    Stage stage{"layer norm decoded", Split::units, compiler.options.threads, {{x_->decoded, false}, {out_->decoded, true}, {stats, true}}, {}};
    stage.work = [this, stats, compiler = compiler.sharing()](const Slice& unit) {
      const Slice slice = compiler.share(compiler.decoding->rows, unit);
      const int64_t from = slice.begin * columns_;
      compiler.kernels->layer_norm(slice.end - slice.begin, columns_, x_->decoded->data + from, weight_->value.data, bias(), epsilon_,
                                   out_->decoded->data + from, stats->data + slice.begin * 2);
    };
    compiler.decode(std::move(stage));
  }

 private:
  const float* bias() const { return bias_ ? bias_->value.data : nullptr; }

  void sum_blocks(Compiler& compiler, Buffer* sums, int64_t width, int64_t column, Parameter* parameter) {
    const bool accumulate = parameter->reached;
    parameter->reached = true;
    Stage stage{"layer norm dweight", Split::units, (columns_ + kLine - 1) / kLine, {{sums, false}, {&parameter->gradient, true}}, {}};
    stage.work = [this, sums, width, column, parameter, accumulate, kernels = &compiler.kernels, step = &compiler.step](const Slice& slice) {
      const int64_t first = slice.begin * kLine, last = std::min(slice.end * kLine, columns_);
      kernels->column_sums(step->partition.blocks().count(), last - first, sums->data + column + first, width, accumulate, parameter->gradient.data + first);
    };
    compiler.weight_gradient(std::move(stage));
  }

  const NodeSpec node_;
  Value* x_ = nullptr;
  Value* out_ = nullptr;
  Parameter* weight_ = nullptr;
  Parameter* bias_ = nullptr;
  Buffer* stats_ = nullptr;
  int64_t columns_ = 0;
  float epsilon_ = 0;
};

}  // namespace

std::unique_ptr<Operation> make_layer_norm(const NodeSpec& node) { return std::make_unique<LayerNorm>(node); }

}  // namespace gptlab
