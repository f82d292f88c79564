/**
 * Attention of sequences of a few tokens: tiles of one would be almost empty, so a vector holds the same
 * element of kWidth pairs instead. Included after the vectors of an instruction set.
 *
 * In scratch, element c of token t lies at (t·d + c)·kWidth, a lane for each pair. Probabilities of a group
 * of `count` pairs from `pair` on lie at pair·T·T + (t·T + s)·count.
 */
#pragma once

#include "simd_rows.h"

namespace gptlab {
namespace {

constexpr int64_t kShortLength = 8;
constexpr int64_t kShortElements = 128;

GPTLAB_INLINE bool is_short(int64_t length, int64_t head_channels) { return length <= kShortLength && length * head_channels <= kShortElements; }

/** Queries, keys, values, output and their gradients; two rows of scores. */
constexpr int64_t kShortScratch = (7 * kShortElements + 2 * kShortLength) * kWidth;

/** Up to kWidth pairs, one to a lane. */
struct Group {
  int64_t pair, count;
  /** Where a pair's columns begin: its sequence, and its head's first column. */
  int64_t sequence[kWidth], column[kWidth];
};

GPTLAB_INLINE Group group_of(const Attention& a, int64_t pair) {
  Group group{};
  group.pair = pair;
  group.count = least(kWidth, a.end - pair);
  int64_t sequence = pair / a.heads, head = pair % a.heads;
  for (int64_t lane = 0; lane < group.count; lane++) {
    group.sequence[lane] = sequence;
    group.column[lane] = head * (a.channels / a.heads);
    if (++head == a.heads) head = 0, sequence++;
  }
  return group;
}

/** Rows (T, d) of each pair, at distance `row`, become lanes. */
void read_lanes(const Group& group, int64_t T, int64_t d, const float* from, int64_t row, float* to) {
  for (int64_t t = 0; t < T; t++)
    for (int64_t c = 0; c < d; c += kWidth) {
      const int64_t some = least(kWidth, d - c);
      Floats square[kWidth];
      GPTLAB_UNROLL
      for (int64_t lane = 0; lane < kWidth; lane++)
        square[lane] = lane < group.count ? load_some(from + (group.sequence[lane] * T + t) * row + group.column[lane] + c, some) : zeros();
      transpose(square);
      for (int64_t i = 0; i < some; i++) store(to + (t * d + c + i) * kWidth, square[i]);
    }
}

void write_lanes(const Group& group, int64_t T, int64_t d, const float* from, float* to, int64_t row) {
  for (int64_t t = 0; t < T; t++)
    for (int64_t c = 0; c < d; c += kWidth) {
      const int64_t some = least(kWidth, d - c);
      Floats square[kWidth];
      for (int64_t i = 0; i < kWidth; i++) square[i] = i < some ? load(from + (t * d + c + i) * kWidth) : zeros();
      transpose(square);
      for (int64_t lane = 0; lane < group.count; lane++) store_some(to + (group.sequence[lane] * T + t) * row + group.column[lane] + c, square[lane], some);
    }
}

/** Σ over d of a·b. */
GPTLAB_INLINE Floats dot(int64_t d, const float* a, const float* b) {
  Floats total = zeros();
  for (int64_t c = 0; c < d; c++) total = multiply_add(load(a + c * kWidth), load(b + c * kWidth), total);
  return total;
}

/** y += weight·x over d. */
GPTLAB_INLINE void accumulate(int64_t d, Floats weight, const float* x, float* y) {
  for (int64_t c = 0; c < d; c++) store(y + c * kWidth, multiply_add(weight, load(x + c * kWidth), load(y + c * kWidth)));
}

/** A mask's lanes for element (t, s) of each pair of a group. */
GPTLAB_INLINE Floats masked_lanes(const Attention& a, const Group& group, int64_t t, int64_t s, Floats x) {
  const uint32_t square = static_cast<uint32_t>(a.length * a.length);
  const Integers elements = add_integers(multiply_integers(counting(), fill_integers(square)), fill_integers(static_cast<uint32_t>(group.pair) * square + static_cast<uint32_t>(t * a.length + s)));
  return a.mask.threshold ? masked(a.mask, elements, x) : x;
}

void short_attention(const Attention& a) {
  const int64_t d = a.channels / a.heads, row = 3 * a.channels, T = a.length, block = T * d * kWidth;
  const Floats scale = fill(1 / std::sqrt(static_cast<float>(d)));
  float* const q = a.scratch;
  float* const k = q + block;
  float* const v = k + block;
  float* const out = v + block;
  float* const scores = out + block;
  for (int64_t pair = a.begin; pair < a.end; pair += kWidth) {
    const Group group = group_of(a, pair);
    read_lanes(group, T, d, a.qkv, row, q);
    read_lanes(group, T, d, a.qkv + a.channels, row, k);
    read_lanes(group, T, d, a.qkv + 2 * a.channels, row, v);
    for (int64_t t = 0; t < T; t++) {
      const int64_t seen = a.causal ? t + 1 : T;
      float* const p = a.probabilities + pair * T * T + t * T * group.count;
      Floats most = dot(d, q + t * d * kWidth, k), total = zeros();
      store(scores, most);
      for (int64_t s = 1; s < seen; s++) {
        const Floats score = dot(d, q + t * d * kWidth, k + s * d * kWidth);
        store(scores + s * kWidth, score);
        most = greater(most, score);
      }
      for (int64_t s = 0; s < seen; s++) {
        const Floats e = exponential(multiply(subtract(load(scores + s * kWidth), most), scale));
        store(scores + s * kWidth, e);
        total = add(total, e);
      }
      const Floats share = divide(fill(1), total);
      float* const o = out + t * d * kWidth;
      for (int64_t c = 0; c < d; c++) store(o + c * kWidth, zeros());
      for (int64_t s = 0; s < seen; s++) {
        const Floats probability = multiply(load(scores + s * kWidth), share);
        store_some(p + s * group.count, probability, group.count);
        accumulate(d, masked_lanes(a, group, t, s, probability), v + s * d * kWidth, o);
      }
    }
    write_lanes(group, T, d, out, a.out, a.channels);
  }
}

/**
 * Forward: P = softmax(QKᵀ/√d), P′ = mask(P), O = P′·V.
 * dV = P′ᵀ·dO, dP = mask(dO·Vᵀ), dS = P∘(dP − Σ dP∘P)/√d, dQ = dS·K, dK = dSᵀ·Q.
 */
void short_attention_backward(const Attention& a) {
  const int64_t d = a.channels / a.heads, row = 3 * a.channels, T = a.length, block = T * d * kWidth;
  const Floats scale = fill(1 / std::sqrt(static_cast<float>(d)));
  float* const q = a.scratch;
  float* const k = q + block;
  float* const v = k + block;
  float* const d_out = v + block;
  float* const dq = d_out + block;
  float* const dk = dq + block;
  float* const dv = dk + block;
  float* const dp = dv + block;
  float* const kept_p = dp + T * kWidth;
  for (int64_t pair = a.begin; pair < a.end; pair += kWidth) {
    const Group group = group_of(a, pair);
    read_lanes(group, T, d, a.qkv, row, q);
    read_lanes(group, T, d, a.qkv + a.channels, row, k);
    read_lanes(group, T, d, a.qkv + 2 * a.channels, row, v);
    read_lanes(group, T, d, a.d_out, a.channels, d_out);
    for (int64_t i = 0; i < 3 * block; i += kWidth) store(dq + i, zeros());
    for (int64_t t = 0; t < T; t++) {
      const int64_t seen = a.causal ? t + 1 : T, here = t * d * kWidth;
      const float* const p = a.probabilities + pair * T * T + t * T * group.count;
      Floats total = zeros();
      for (int64_t s = 0; s < seen; s++) {
        const Floats probability = load_some(p + s * group.count, group.count);
        const Floats gradient = masked_lanes(a, group, t, s, dot(d, d_out + here, v + s * d * kWidth));
        accumulate(d, masked_lanes(a, group, t, s, probability), d_out + here, dv + s * d * kWidth);
        total = multiply_add(gradient, probability, total);
        store(dp + s * kWidth, gradient);
        store(kept_p + s * kWidth, probability);
      }
      for (int64_t s = 0; s < seen; s++) {
        const Floats ds = multiply(multiply(load(kept_p + s * kWidth), scale), subtract(load(dp + s * kWidth), total));
        accumulate(d, ds, k + s * d * kWidth, dq + here);
        accumulate(d, ds, q + here, dk + s * d * kWidth);
      }
    }
    write_lanes(group, T, d, dq, a.d_qkv, row);
    write_lanes(group, T, d, dk, a.d_qkv + a.channels, row);
    write_lanes(group, T, d, dv, a.d_qkv + 2 * a.channels, row);
  }
}

}  // namespace
}  // namespace gptlab
