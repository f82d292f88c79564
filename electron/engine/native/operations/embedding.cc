#include <algorithm>
#include <cstring>
#include <string>

#include "../failure.h"
#include "operations.h"

namespace gptlab {
namespace {

/** out[b·T+t] = table[tokens[b,t]] + positions[t]. */
class Embedding : public Operation {
 public:
  explicit Embedding(const NodeSpec& node) : node_(node) {}
  const std::string& made() const override { return node_.name("out"); }

  void forward(Compiler& compiler) override {
    tokens_ = compiler.input(node_.name("tokens"), true);
    table_ = compiler.parameter(node_.name("table"), {-1, -1});
    vocabulary_ = table_->shape[0];
    columns_ = table_->shape[1];
    if (node_.has("positions")) positions_ = compiler.parameter(node_.name("positions"), {compiler.graph.context, columns_});
    out_ = compiler.define(made(), columns_);
    Stage stage{"embedding", Split::rows, 0, {{out_->data, true}}, {}};
    stage.work = [this, kernels = &compiler.kernels, step = &compiler.step](const Slice& slice) {
      for (int64_t row = slice.begin; row < slice.end; row++)
        embed(*kernels, step->integers[tokens_][row], row % step->length, out_->data->data + row * columns_);
    };
    compiler.forward(std::move(stage));
  }

  /** Split by columns: every table row is then summed by one thread, in order of rows. */
  void backward(Compiler& compiler) override {
    Buffer* const dy = out_->gradient;
    const bool accumulate = table_->reached;
    table_->reached = true;
    Stage stage{"embedding dtable", Split::units, (columns_ + kLine - 1) / kLine, {{dy, false}, {&table_->gradient, true}}, {}};
    stage.work = [this, dy, accumulate, step = &compiler.step](const Slice& slice) {
      const int64_t first = slice.begin * kLine, last = std::min(slice.end * kLine, columns_);
      float* const gradient = table_->gradient.data;
      if (!accumulate)
        for (int64_t token = 0; token < vocabulary_; token++) std::fill(gradient + token * columns_ + first, gradient + token * columns_ + last, 0.0f);
      for (int64_t row = 0; row < step->rows; row++) add_row(first, last, dy->data + row * columns_, gradient + step->integers[tokens_][row] * columns_);
    };
    compiler.weight_gradient(std::move(stage));
    if (positions_) position_gradient(compiler, dy);
  }

  void decode(Compiler& compiler) override {
    out_->decoded = compiler.pinned(compiler.decode_rows * columns_);
    Stage stage{"embedding decoded", Split::units, compiler.options.threads, {{out_->decoded, true}}, {}};
    stage.work = [this, compiler = compiler.sharing()](const Slice& unit) {
      const Slice slice = compiler.share(compiler.decoding->rows, unit);
      for (int64_t row = slice.begin; row < slice.end; row++)
        embed(*compiler.kernels, compiler.decoding->tokens[row], compiler.decoding->positions[row], out_->decoded->data + row * columns_);
    };
    compiler.decode(std::move(stage));
  }

  void check(const Batch& batch) const override {
    for (const int32_t token : batch[tokens_].integers)
      if (token < 0 || token >= vocabulary_)
        throw Failure("token-out-of-range", "Expected tokens from 0 to " + std::to_string(vocabulary_ - 1) + " but received " + std::to_string(token) +
                                                ". Check that tokenizer and model belong together.")
            .with("token", token)
            .with("vocabulary", static_cast<double>(vocabulary_));
  }

 private:
  void embed(const Kernels& kernels, int64_t token, int64_t position, float* out) const {
    const float* const row = table_->value.data + token * columns_;
    if (positions_)
      kernels.add(columns_, row, positions_->value.data + position * columns_, out);
    else
      std::memcpy(out, row, static_cast<size_t>(columns_) * sizeof(float));
  }

  static void add_row(int64_t first, int64_t last, const float* from, float* to) {
    for (int64_t j = first; j < last; j++) to[j] += from[j];
  }

  void position_gradient(Compiler& compiler, Buffer* dy) {
    const bool accumulate = positions_->reached;
    positions_->reached = true;
    Stage stage{"embedding dpositions", Split::units, (columns_ + kLine - 1) / kLine, {{dy, false}, {&positions_->gradient, true}}, {}};
    stage.work = [this, dy, accumulate, step = &compiler.step, longest = compiler.options.length](const Slice& slice) {
      const int64_t first = slice.begin * kLine, last = std::min(slice.end * kLine, columns_);
      float* const gradient = positions_->gradient.data;
      // Positions that only longer sequences have still hold what those left.
      for (int64_t t = 0; t < longest && !accumulate; t++) std::fill(gradient + t * columns_ + first, gradient + t * columns_ + last, 0.0f);
      for (int64_t t = 0; t < step->length; t++) {
        for (int64_t row = t; row < step->rows; row += step->length) add_row(first, last, dy->data + row * columns_, gradient + t * columns_);
      }
    };
    compiler.weight_gradient(std::move(stage));
  }

  const NodeSpec node_;
  size_t tokens_ = 0;
  Parameter* table_ = nullptr;
  Parameter* positions_ = nullptr;
  Value* out_ = nullptr;
  int64_t vocabulary_ = 0, columns_ = 0;
};

}  // namespace

std::unique_ptr<Operation> make_embedding(const NodeSpec& node) { return std::make_unique<Embedding>(node); }

}  // namespace gptlab
