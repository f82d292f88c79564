#include <algorithm>
#include <cmath>
#include <cstring>

#include "../failure.h"
#include "../random.h"
#include "operations.h"

namespace gptlab {
namespace {

/** out = x/2·(1 + erf(x/√2)). What reads it multiplies GELU′ into the gradient it hands back where it can. */
class Gelu : public Operation {
 public:
  explicit Gelu(const NodeSpec& node) : node_(node) {}
  const std::string& made() const override { return node_.name("out"); }

  void forward(Compiler& compiler) override {
    x_ = compiler.value(node_.name("x"));
    out_ = compiler.define(made(), x_->columns);
    out_->derivative = compiler.buffer(compiler.rows * x_->columns);
    Stage stage{"gelu", Split::rows, 0, {{x_->data, false}, {out_->data, true}, {out_->derivative, true}}, {}};
    stage.work = [this, kernels = &compiler.kernels, step = &compiler.step](const Slice& slice) {
      const int64_t from = slice.begin * x_->columns;
      kernels->gelu((slice.end - slice.begin) * x_->columns, x_->data->data + from, out_->data->data + from, step->training ? out_->derivative->data + from : nullptr);
    };
    compiler.forward(std::move(stage));
  }

  void backward(Compiler& compiler) override {
    Buffer* dx = out_->gradient;
    if (!out_->multiplied) {
      Buffer* const dy = dx;
      dx = compiler.buffer(compiler.rows * x_->columns);
      Stage stage{"gelu′", Split::rows, 0, {{dy, false}, {out_->derivative, false}, {dx, true}}, {}};
      stage.work = [this, dy, dx, kernels = &compiler.kernels](const Slice& slice) {
        const int64_t from = slice.begin * x_->columns;
        kernels->multiply((slice.end - slice.begin) * x_->columns, dy->data + from, out_->derivative->data + from, dx->data + from);
      };
      compiler.backward(std::move(stage));
    }
    compiler.contribute(x_, dx);
  }

  void decode(Compiler& compiler) override {
    out_->decoded = compiler.pinned(compiler.decode_rows * x_->columns);
    Stage stage{"gelu decoded", Split::units, compiler.options.threads, {{x_->decoded, false}, {out_->decoded, true}}, {}};
    stage.work = [this, compiler = compiler.sharing()](const Slice& unit) {
      const Slice slice = compiler.share(compiler.decoding->rows, unit);
      const int64_t from = slice.begin * x_->columns;
      compiler.kernels->gelu((slice.end - slice.begin) * x_->columns, x_->decoded->data + from, out_->decoded->data + from, nullptr);
    };
    compiler.decode(std::move(stage));
  }

 private:
  const NodeSpec node_;
  Value* x_ = nullptr;
  Value* out_ = nullptr;
};

/** out = a + b. Both gradients are the gradient of out. */
class Add : public Operation {
 public:
  explicit Add(const NodeSpec& node) : node_(node) {}
  const std::string& made() const override { return node_.name("out"); }

  void forward(Compiler& compiler) override {
    a_ = compiler.value(node_.name("a"));
    b_ = compiler.value(node_.name("b"));
    if (a_->columns != b_->columns)
      throw Failure("engine-shape", "Expected the same columns of " + a_->name + " and " + b_->name + " but received " + std::to_string(a_->columns) + " and " +
                                        std::to_string(b_->columns) + ".");
    out_ = compiler.define(made(), a_->columns);
    Stage stage{"add", Split::rows, 0, {{a_->data, false}, {b_->data, false}, {out_->data, true}}, {}};
    stage.work = [this, kernels = &compiler.kernels](const Slice& slice) {
      const int64_t from = slice.begin * a_->columns;
      kernels->add((slice.end - slice.begin) * a_->columns, a_->data->data + from, b_->data->data + from, out_->data->data + from);
    };
    compiler.forward(std::move(stage));
  }

  void backward(Compiler& compiler) override {
    compiler.contribute(a_, out_->gradient);
    compiler.contribute(b_, out_->gradient);
  }

  void decode(Compiler& compiler) override {
    out_->decoded = compiler.pinned(compiler.decode_rows * a_->columns);
    Stage stage{"add decoded", Split::units, compiler.options.threads, {{a_->decoded, false}, {b_->decoded, false}, {out_->decoded, true}}, {}};
    stage.work = [this, compiler = compiler.sharing()](const Slice& unit) {
      const Slice slice = compiler.share(compiler.decoding->rows, unit);
      const int64_t from = slice.begin * a_->columns;
      compiler.kernels->add((slice.end - slice.begin) * a_->columns, a_->decoded->data + from, b_->decoded->data + from, out_->decoded->data + from);
    };
    compiler.decode(std::move(stage));
  }

 private:
  const NodeSpec node_;
  Value* a_ = nullptr;
  Value* b_ = nullptr;
  Value* out_ = nullptr;
};

/**
 * In training: out = x·mask/(1−p) (+ addend), the mask drawn for (seed, step, node, element); else out = x (+ addend).
 * Nothing is kept for the backward pass: the mask is drawn again.
 */
class Dropout : public Operation {
 public:
  Dropout(const NodeSpec& node, uint64_t number) : node_(node), number_(number) {}
  const std::string& made() const override { return node_.name("out"); }

  void forward(Compiler& compiler) override {
    x_ = compiler.value(node_.name("x"));
    if (node_.has("addend")) addend_ = compiler.value(node_.name("addend"));
    mask_ = dropout_mask(node_.number("p"));
    out_ = compiler.define(made(), x_->columns);
    Stage stage{"dropout", Split::rows, 0, {{x_->data, false}, {out_->data, true}}, {}};
    if (addend_) stage.accesses.push_back({addend_->data, false});
    stage.work = [this, kernels = &compiler.kernels, step = &compiler.step](const Slice& slice) {
      apply(*kernels, *step, slice, x_->data->data, addend_ ? addend_->data->data : nullptr, out_->data->data);
    };
    compiler.forward(std::move(stage));
  }

  void backward(Compiler& compiler) override {
    Buffer* const dy = out_->gradient;
    if (addend_) compiler.contribute(addend_, dy);
    Buffer* const before = x_->gradient;
    Buffer* const dx = compiler.buffer(compiler.rows * x_->columns);
    Stage stage{"dropout dx", Split::rows, 0, {{dy, false}, {dx, true}}, {}};
    if (before) stage.accesses.push_back({before, false});
    stage.work = [this, dy, before, dx, kernels = &compiler.kernels, step = &compiler.step](const Slice& slice) {
      apply(*kernels, *step, slice, dy->data, before ? before->data : nullptr, dx->data);
    };
    compiler.backward(std::move(stage));
    x_->gradient = dx;
    x_->multiplied = false;
  }

  void decode(Compiler& compiler) override {
    if (!addend_) {
      out_->decoded = x_->decoded;
      return;
    }
    out_->decoded = compiler.pinned(compiler.decode_rows * x_->columns);
    Stage stage{"add decoded", Split::units, compiler.options.threads, {{x_->decoded, false}, {addend_->decoded, false}, {out_->decoded, true}}, {}};
    stage.work = [this, compiler = compiler.sharing()](const Slice& unit) {
      const Slice slice = compiler.share(compiler.decoding->rows, unit);
      const int64_t from = slice.begin * x_->columns;
      compiler.kernels->add((slice.end - slice.begin) * x_->columns, addend_->decoded->data + from, x_->decoded->data + from, out_->decoded->data + from);
    };
    compiler.decode(std::move(stage));
  }

 private:
  void apply(const Kernels& kernels, const Step& step, const Slice& slice, const float* x, const float* addend, float* out) const {
    Mask mask = step.training ? mask_ : Mask{};
    mask.key = mask_key(step.seed, step.number, number_);
    const int64_t from = slice.begin * x_->columns;
    kernels.dropout((slice.end - slice.begin) * x_->columns, x + from, addend ? addend + from : nullptr, mask, static_cast<uint32_t>(from), out + from);
  }

  const NodeSpec node_;
  const uint64_t number_;
  Mask mask_;
  Value* x_ = nullptr;
  Value* addend_ = nullptr;
  Value* out_ = nullptr;
};

}  // namespace

Mask dropout_mask(double p) {
  if (!(p >= 0 && p < 1)) throw Failure("engine-shape", "Expected a dropout probability from 0 to below 1 but received " + std::to_string(p) + ".");
  Mask mask;
  mask.threshold = static_cast<uint32_t>(std::llround(p * 4294967296.0));
  mask.scale = static_cast<float>(1 / (1 - p));
  return mask;
}

std::unique_ptr<Operation> make_gelu(const NodeSpec& node) { return std::make_unique<Gelu>(node); }
std::unique_ptr<Operation> make_add(const NodeSpec& node) { return std::make_unique<Add>(node); }
std::unique_ptr<Operation> make_dropout(const NodeSpec& node, uint64_t number) { return std::make_unique<Dropout>(node, number); }

}  // namespace gptlab
