#include <algorithm>

#include "../failure.h"
#include "operations.h"

namespace gptlab {
namespace {

/** out (rows, N) = epilogue(x (rows, K) · weight (N, K)ᵀ): bias, then GELU or the residual addend. */
class Linear : public Operation {
 public:
  explicit Linear(const NodeSpec& node) : node_(node) {}
  const std::string& made() const override { return node_.name("out"); }

  void forward(Compiler& compiler) override {
    x_ = compiler.value(node_.name("x"));
    weight_ = compiler.parameter(node_.name("weight"), {-1, x_->columns});
    inputs_ = x_->columns;
    outputs_ = weight_->shape[0];
    if (node_.has("bias")) bias_ = compiler.parameter(node_.name("bias"), {outputs_});
    if (node_.has("addend")) addend_ = compiler.value(node_.name("addend"));
    if (addend_ && addend_->columns != outputs_)
      throw Failure("engine-shape", "Expected " + std::to_string(outputs_) + " columns of " + addend_->name + " but received " + std::to_string(addend_->columns) + ".");
    out_ = compiler.define(made(), outputs_);
    gelu_ = node_.has("activation");
    if (gelu_) out_->derivative = compiler.buffer(compiler.rows * outputs_);

    Stage stage{"linear", Split::rows, 0, {{x_->data, false}, {compiler.packed(weight_), false}, {out_->data, true}}, {}};
    if (addend_) stage.accesses.push_back({addend_->data, false});
    if (gelu_) stage.accesses.push_back({out_->derivative, true});
    stage.work = [this, kernels = &compiler.kernels, step = &compiler.step](const Slice& slice) {
      Gemm product = forward_product();
      product.m = slice.end - slice.begin;
      product.a = x_->data->data + slice.begin * inputs_;
      product.c = out_->data->data + slice.begin * outputs_;
      if (gelu_ && step->training) product.derivative = out_->derivative->data + slice.begin * outputs_;
      if (addend_) product.addend = addend_->data->data + slice.begin * outputs_;
      kernels->gemm(product);
    };
    compiler.forward(std::move(stage));
  }

  void backward(Compiler& compiler) override {
    if (out_->derivative && !out_->multiplied) multiply_derivative(compiler);
    Buffer* const dy = out_->gradient;
    if (addend_) compiler.contribute(addend_, dy);
    input_gradient(compiler, dy);
    weight_gradient(compiler, dy);
    if (bias_) bias_gradient(compiler, dy);
  }

  /** Columns are split, so that each thread keeps its part of the weight in its cache. */
  void decode(Compiler& compiler) override {
    const int64_t panel = compiler.kernels.panel;
    out_->decoded = compiler.pinned(compiler.decode_rows * outputs_);
    Stage stage{"linear decoded", Split::units, (outputs_ + panel - 1) / panel, {{x_->decoded, false}, {weight_->packed, false}, {out_->decoded, true}}, {}};
    if (addend_) stage.accesses.push_back({addend_->decoded, false});
    stage.work = [this, panel, kernels = &compiler.kernels, decoding = &compiler.decoding](const Slice& slice) {
      const int64_t first = slice.begin * panel;
      Gemm product = forward_product();
      product.m = decoding->rows;
      product.n = std::min(slice.end * panel, outputs_) - first;
      product.a = x_->decoded->data;
      product.packed_b += first * inputs_;
      product.c = out_->decoded->data + first;
      if (bias_) product.bias += first;
      if (addend_) product.addend = addend_->decoded->data + first;
      kernels->gemm(product);
    };
    compiler.decode(std::move(stage));
  }

 private:
  Gemm forward_product() const {
    Gemm product{};
    product.n = outputs_;
    product.k = inputs_;
    product.a_row = inputs_;
    product.a_column = 1;
    product.packed_b = weight_->packed->data;
    product.ldc = outputs_;
    product.bias = bias_ ? bias_->value.data : nullptr;
    product.gelu = gelu_;
    product.ld_derivative = product.ld_addend = outputs_;
    return product;
  }

  void multiply_derivative(Compiler& compiler) {
    Buffer* const product = compiler.buffer(compiler.rows * outputs_);
    Buffer* const dy = out_->gradient;
    Stage stage{"gelu′", Split::rows, 0, {{dy, false}, {out_->derivative, false}, {product, true}}, {}};
    stage.work = [this, dy, product, kernels = &compiler.kernels](const Slice& slice) {
      const int64_t from = slice.begin * outputs_;
      kernels->multiply((slice.end - slice.begin) * outputs_, dy->data + from, out_->derivative->data + from, product->data + from);
    };
    compiler.backward(std::move(stage));
    out_->gradient = product;
    out_->multiplied = true;
  }

  /** dx (rows, K) = dy (rows, N) · weight (N, K), times the GELU′ of what made x where that is fused. */
  void input_gradient(Compiler& compiler, Buffer* dy) {
    Buffer* const before = x_->gradient;
    Buffer* const dx = compiler.buffer(compiler.rows * inputs_);
    Buffer* const factor = x_->derivative && x_->uses == 1 ? x_->derivative : nullptr;
    Stage stage{"linear dx", Split::rows, 0, {{dy, false}, {compiler.packed_transposed(weight_), false}, {dx, true}}, {}};
    if (before) stage.accesses.push_back({before, false});
    if (factor) stage.accesses.push_back({factor, false});
    stage.work = [this, dy, dx, before, factor, kernels = &compiler.kernels](const Slice& slice) {
      Gemm product{};
      product.m = slice.end - slice.begin;
      product.n = inputs_;
      product.k = outputs_;
      product.a = dy->data + slice.begin * outputs_;
      product.a_row = outputs_;
      product.a_column = 1;
      product.packed_b = weight_->packed_transposed->data;
      product.c = dx->data + slice.begin * inputs_;
      product.ldc = product.ld_factor = product.ld_addend = inputs_;
      if (factor) product.factor = factor->data + slice.begin * inputs_;
      if (before) product.addend = before->data + slice.begin * inputs_;
      kernels->gemm(product);
    };
    compiler.backward(std::move(stage));
    x_->gradient = dx;
    x_->multiplied = factor != nullptr;
  }

  /** dweight (N, K) = dyᵀ (N, rows) · x (rows, K), split over its longer side. */
  void weight_gradient(Compiler& compiler, Buffer* dy) {
    const bool by_output = outputs_ >= inputs_;
    const int64_t unit = by_output ? 1 : compiler.kernels.panel;
    const bool accumulate = weight_->reached;
    weight_->reached = true;
    Stage stage{"linear dweight", Split::units, ((by_output ? outputs_ : inputs_) + unit - 1) / unit, {{dy, false}, {x_->data, false}, {&weight_->gradient, true}}, {}};
    stage.work = [this, dy, by_output, unit, accumulate, kernels = &compiler.kernels, step = &compiler.step](const Slice& slice) {
      const int64_t first = slice.begin * unit, last = std::min(slice.end * unit, by_output ? outputs_ : inputs_);
      Gemm product{};
      product.m = by_output ? last - first : outputs_;
      product.n = by_output ? inputs_ : last - first;
      product.k = step->rows;
      product.a = dy->data + (by_output ? first : 0);
      product.a_row = 1;
      product.a_column = outputs_;
      product.b = x_->data->data + (by_output ? 0 : first);
      product.b_row = inputs_;
      product.c = weight_->gradient.data + (by_output ? first * inputs_ : first);
      product.ldc = product.ld_addend = inputs_;
      if (accumulate) product.addend = product.c;
      kernels->gemm(product);
    };
    compiler.weight_gradient(std::move(stage), true);
  }

  void bias_gradient(Compiler& compiler, Buffer* dy) {
    const bool accumulate = bias_->reached;
    bias_->reached = true;
    Stage stage{"linear dbias", Split::units, (outputs_ + kLine - 1) / kLine, {{dy, false}, {&bias_->gradient, true}}, {}};
    stage.work = [this, dy, accumulate, kernels = &compiler.kernels, step = &compiler.step](const Slice& slice) {
      const int64_t first = slice.begin * kLine, last = std::min(slice.end * kLine, outputs_);
      kernels->column_sums(step->rows, last - first, dy->data + first, outputs_, accumulate, bias_->gradient.data + first);
    };
    compiler.weight_gradient(std::move(stage));
  }

  const NodeSpec node_;
  Value* x_ = nullptr;
  Value* out_ = nullptr;
  Value* addend_ = nullptr;
  Parameter* weight_ = nullptr;
  Parameter* bias_ = nullptr;
  int64_t inputs_ = 0, outputs_ = 0;
  bool gelu_ = false;
};

}  // namespace

std::unique_ptr<Operation> make_linear(const NodeSpec& node) { return std::make_unique<Linear>(node); }

}  // namespace gptlab
