#include <algorithm>
#include <string>

#include "../failure.h"
#include "../random.h"
#include "operations.h"

namespace gptlab {
namespace {

/** Multi-head attention of each sequence with itself; probabilities are kept for the backward pass. */
class SelfAttention : public Operation {
 public:
  SelfAttention(const NodeSpec& node, uint64_t number) : node_(node), number_(number) {}
  const std::string& made() const override { return node_.name("out"); }

  void forward(Compiler& compiler) override {
    qkv_ = compiler.value(node_.name("qkv"));
    heads_ = static_cast<int64_t>(node_.number("heads"));
    channels_ = qkv_->columns / 3;
    if (heads_ < 1 || qkv_->columns % 3 != 0 || channels_ % heads_ != 0)
      throw Failure("engine-shape", "Expected three equal parts of " + qkv_->name + " that split into " + std::to_string(heads_) + " heads but received " +
                                        std::to_string(qkv_->columns) + " columns.");
    causal_ = node_.name("mask") == "causal";
    mask_ = dropout_mask(node_.number("dropout"));
    out_ = compiler.define(made(), channels_);
    probabilities_ = compiler.buffer(compiler.options.batch * heads_ * compiler.options.length * compiler.options.length);
    scratch_ = compiler.scratch(compiler.kernels.attention_scratch(compiler.options.length, channels_ / heads_));
    Stage stage{"attention", Split::pairs, heads_, {{qkv_->data, false}, {probabilities_, true}, {out_->data, true}}, {}};
    stage.work = [this, kernels = &compiler.kernels, step = &compiler.step](const Slice& slice) { kernels->attention(arguments(*step, slice)); };
    compiler.forward(std::move(stage));
  }

  void backward(Compiler& compiler) override {
    Buffer* const dy = out_->gradient;
    Buffer* const dx = compiler.buffer(compiler.rows * qkv_->columns);
    Stage stage{"attention dqkv", Split::pairs, heads_, {{qkv_->data, false}, {probabilities_, false}, {dy, false}, {dx, true}}, {}};
    stage.work = [this, dy, dx, kernels = &compiler.kernels, step = &compiler.step](const Slice& slice) {
      Attention attention = arguments(*step, slice);
      attention.d_out = dy->data;
      attention.d_qkv = dx->data;
      kernels->attention_backward(attention);
    };
    compiler.backward(std::move(stage));
    compiler.contribute(qkv_, dx);
  }

  void decode(Compiler& compiler) override {
    if (!causal_) throw Failure("engine-shape", "Expected causal attention for decoding but received attention over the whole sequence.");
    size_ = channels_ / heads_;
    positions_ = round_up(compiler.graph.context, kKeyBlock);
    const int64_t floats = compiler.options.streams * channels_ * positions_;
    out_->decoded = compiler.pinned(compiler.decode_rows * channels_);
    keys_ = compiler.pinned(floats);
    values_ = compiler.pinned(floats);
    std::vector<Buffer*> scratch = compiler.scratch(positions_);

    Stage store{"attention store", Split::units, compiler.options.threads, {{qkv_->decoded, false}, {keys_, true}, {values_, true}}, {}};
    store.work = [this, compiler = compiler.sharing()](const Slice& unit) {
      const Slice slice = compiler.share(compiler.decoding->rows * heads_, unit);
      for (int64_t pair = slice.begin; pair < slice.end; pair++) keep(*compiler.decoding, pair / heads_, pair % heads_);
    };
    compiler.decode(std::move(store));

    Stage attend{"attention decoded", Split::units, compiler.options.threads, {{qkv_->decoded, false}, {keys_, false}, {values_, false}, {out_->decoded, true}}, {}};
    attend.work = [this, scratch, compiler = compiler.sharing()](const Slice& unit) {
      const Decoding& decoding = *compiler.decoding;
      const Slice slice = compiler.share(decoding.rows * heads_, unit);
      for (int64_t pair = slice.begin; pair < slice.end;) {
        const int64_t row = pair / heads_, cache = decoding.streams[row] * channels_ * positions_;
        CachedAttention attention{};
        attention.head_begin = pair % heads_;
        attention.head_end = std::min(heads_, attention.head_begin + slice.end - pair);
        attention.size = size_;
        attention.positions = decoding.positions[row] + 1;
        attention.query = qkv_->decoded->data + row * 3 * channels_;
        attention.keys = keys_->data + cache;
        attention.values = values_->data + cache;
        attention.head_floats = size_ * positions_;
        attention.out = out_->decoded->data + row * channels_;
        attention.scratch = scratch[static_cast<size_t>(unit.thread)]->data;
        compiler.kernels->cached_attention(attention);
        pair += attention.head_end - attention.head_begin;
      }
    };
    compiler.decode(std::move(attend));
  }

 private:
  /** Puts the key and the value of a row's head into the caches of its stream. */
  void keep(const Decoding& decoding, int64_t row, int64_t head) const {
    const float* const key = qkv_->decoded->data + row * 3 * channels_ + channels_ + head * size_;
    const int64_t cache = (decoding.streams[row] * heads_ + head) * size_ * positions_, position = decoding.positions[row];
    float* const keys = keys_->data + cache + position / kKeyBlock * kKeyBlock * size_ + position % kKeyBlock;
    for (int64_t c = 0; c < size_; c++) keys[c * kKeyBlock] = key[c];
    std::copy(key + channels_, key + channels_ + size_, values_->data + cache + position * size_);
  }

  Attention arguments(const Step& step, const Slice& slice) const {
    Attention attention{};
    attention.begin = slice.begin;
    attention.end = slice.end;
    attention.length = step.length;
    attention.heads = heads_;
    attention.channels = channels_;
    attention.causal = causal_;
    attention.qkv = qkv_->data->data;
    attention.probabilities = probabilities_->data;
    attention.out = out_->data->data;
    if (step.training) attention.mask = mask_;
    attention.mask.key = mask_key(step.seed, step.number, number_);
    attention.scratch = scratch_[static_cast<size_t>(slice.thread)]->data;
    return attention;
  }

  const NodeSpec node_;
  const uint64_t number_;
  Mask mask_;
  Value* qkv_ = nullptr;
  Value* out_ = nullptr;
  Buffer* probabilities_ = nullptr;
  Buffer* keys_ = nullptr;
  Buffer* values_ = nullptr;
  std::vector<Buffer*> scratch_;
  int64_t heads_ = 1, channels_ = 0;
  /** Of the caches: channels of a head, and positions of the context in whole blocks. */
  int64_t size_ = 0, positions_ = 0;
  bool causal_ = true;
};

}  // namespace

std::unique_ptr<Operation> make_attention(const NodeSpec& node, uint64_t number) { return std::make_unique<SelfAttention>(node, number); }

}  // namespace gptlab
