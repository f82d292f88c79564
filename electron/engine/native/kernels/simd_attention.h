/** Attention as products of small tiles, and over cached keys and values. Included after the vectors of an instruction set. */
#pragma once

#include <cmath>

#include "simd_gemm.h"
#include "simd_rows.h"
#include "simd_short_attention.h"

namespace gptlab {
namespace {

/** C (m, n) = A (m, k) · B (k, n), without an epilogue. */
GPTLAB_INLINE void product(int64_t m, int64_t n, int64_t k, const float* a, int64_t a_row, int64_t a_column, const float* b, int64_t b_row, float* c, int64_t ldc) {
  Gemm g{};
  g.m = m;
  g.n = n;
  g.k = k;
  g.a = a;
  g.a_row = a_row;
  g.a_column = a_column;
  g.b = b;
  g.b_row = b_row;
  g.c = c;
  g.ldc = ldc;
  gemm(g);
}

GPTLAB_INLINE int64_t padded(int64_t length) { return (length + kPanel - 1) / kPanel * kPanel; }

/** Keys or values turned (d, length padded), and for the backward pass two squares: masked probabilities and gradients of scores. */
int64_t attention_scratch(int64_t length, int64_t head_channels) {
  const int64_t tiled = head_channels * padded(length) + 2 * length * length;
  return most(tiled, kShortScratch);
}

/** Columns (d, padded length) of a head's rows (length, d) at distance `row`. */
GPTLAB_INLINE void turn(int64_t length, int64_t d, const float* from, int64_t row, float* to) {
  copy_panel(d, length, from, 1, row, to, padded(length), padded(length));
}

/** x[0…seen) = softmax(x·scale), x[seen…width) = 0. */
GPTLAB_INLINE void softmax(int64_t seen, int64_t width, float scale, float* x) {
  const Floats most = fill(greatest_of(seen, x)), factor = fill(scale);
  const float total = sum_vectors(width, [&](int64_t s, int64_t count) {
    Floats e = zeros();
    if (s < seen) {
      e = exponential(multiply(subtract(load_some(x + s, count), most), factor));
      if (s + kWidth > seen) e = select(first(seen - s), e, zeros());
    }
    store_some(x + s, e, count);
    return e;
  });
  const Floats share = fill(1 / total);
  each_vector(seen, [&](int64_t s, int64_t count) { store_some(x + s, multiply(load_some(x + s, count), share), count); });
}

/**
 * For each tile of queries: scores against the keys that any of them sees, softmax of each row, products
 * with the values. Rows of a tile are 0 right of the diagonal, up to the tile's end.
 */
void attention(const Attention& a) {
  if (is_short(a.length, a.channels / a.heads)) return short_attention(a);
  const int64_t d = a.channels / a.heads, row = 3 * a.channels, T = a.length;
  const float scale = 1 / std::sqrt(static_cast<float>(d));
  float* const keys = a.scratch;
  float* const kept = keys + d * padded(T);
  for (int64_t pair = a.begin; pair < a.end; pair++) {
    const float* const q = a.qkv + pair / a.heads * T * row + pair % a.heads * d;
    const float* const v = q + 2 * a.channels;
    float* const out = a.out + pair / a.heads * T * a.channels + pair % a.heads * d;
    turn(T, d, q + a.channels, row, keys);
    for (int64_t t = 0; t < T; t += kTileRows) {
      const int64_t rows = least(kTileRows, T - t), seen = a.causal ? t + rows : T;
      float* const p = a.probabilities + (pair * T + t) * T;
      product(rows, seen, d, q + t * row, row, 1, keys, padded(T), p, T);
      for (int64_t r = 0; r < rows; r++) softmax(a.causal ? t + r + 1 : T, seen, scale, p + r * T);
      const float* weights = p;
      if (a.mask.threshold) {
        for (int64_t r = 0; r < rows; r++) dropout(seen, p + r * T, nullptr, a.mask, static_cast<uint32_t>((pair * T + t + r) * T), kept + r * T);
        weights = kept;
      }
      product(rows, d, seen, weights, T, 1, v, row, out + t * a.channels, a.channels);
    }
  }
}

/**
 * Forward: P = softmax(QKᵀ/√d), P′ = mask(P), O = P′·V.
 * dV = P′ᵀ·dO, dP = mask(dO·Vᵀ), dS = P∘(dP − Σ dP∘P)/√d, dQ = dS·K, dK = dSᵀ·Q.
 */
void attention_backward(const Attention& a) {
  if (is_short(a.length, a.channels / a.heads)) return short_attention_backward(a);
  const int64_t d = a.channels / a.heads, row = 3 * a.channels, T = a.length;
  const float scale = 1 / std::sqrt(static_cast<float>(d));
  float* const values = a.scratch;
  float* const ds = values + d * padded(T);
  float* const kept = ds + T * T;
  for (int64_t pair = a.begin; pair < a.end; pair++) {
    const int64_t corner = pair / a.heads * T * row + pair % a.heads * d;
    const float* const q = a.qkv + corner;
    const float* const k = q + a.channels;
    const float* const d_out = a.d_out + pair / a.heads * T * a.channels + pair % a.heads * d;
    float* const dq = a.d_qkv + corner;
    const float* const probabilities = a.probabilities + pair * T * T;
    turn(T, d, k + a.channels, row, values);
    for (int64_t t = 0; t < T; t += kTileRows) {
      const int64_t rows = least(kTileRows, T - t), seen = a.causal ? t + rows : T;
      product(rows, seen, d, d_out + t * a.channels, a.channels, 1, values, padded(T), ds + t * T, T);
      for (int64_t r = t; r < t + rows; r++) {
        const float* const p = probabilities + r * T;
        float* const gradient = ds + r * T;
        if (a.mask.threshold) {
          const uint32_t element = static_cast<uint32_t>((pair * T + r) * T);
          dropout(seen, gradient, nullptr, a.mask, element, gradient);
          dropout(seen, p, nullptr, a.mask, element, kept + r * T);
        }
        const Floats total = fill(sum_vectors(seen, [&](int64_t s, int64_t count) { return multiply(load_some(gradient + s, count), load_some(p + s, count)); }));
        each_vector(seen, [&](int64_t s, int64_t count) {
          const Floats share = multiply(load_some(p + s, count), fill(scale));
          store_some(gradient + s, multiply(share, subtract(load_some(gradient + s, count), total)), count);
        });
      }
      product(rows, d, seen, ds + t * T, T, 1, k, row, dq + t * row, row);
    }
    const float* const weights = a.mask.threshold ? kept : probabilities;
    for (int64_t s = 0; s < T; s += kTileRows) {
      const int64_t rows = least(kTileRows, T - s), from = a.causal ? s : 0;
      product(rows, d, T - from, ds + from * T + s, 1, T, q + from * row, row, dq + a.channels + s * row, row);
      product(rows, d, T - from, weights + from * T + s, 1, T, d_out + from * a.channels, a.channels, dq + 2 * a.channels + s * row, row);
    }
  }
}

/** Scores of kKeyBlock·blocks positions, one accumulator each, over channels in rising order. */
template <int blocks>
GPTLAB_INLINE void score_blocks(int64_t size, const float* query, const float* keys, float* scores) {
  constexpr int kVectors = kKeyBlock / kWidth;
  Floats sums[blocks][kVectors];
  GPTLAB_UNROLL
  for (int b = 0; b < blocks; b++)
    GPTLAB_UNROLL
    for (int v = 0; v < kVectors; v++) sums[b][v] = zeros();
  for (int64_t c = 0; c < size; c++) {
    const Floats element = fill(query[c]);
    GPTLAB_UNROLL
    for (int b = 0; b < blocks; b++)
      GPTLAB_UNROLL
      for (int v = 0; v < kVectors; v++) sums[b][v] = multiply_add(element, load(keys + (b * size + c) * kKeyBlock + v * kWidth), sums[b][v]);
  }
  GPTLAB_UNROLL
  for (int b = 0; b < blocks; b++)
    GPTLAB_UNROLL
    for (int v = 0; v < kVectors; v++) store(scores + b * kKeyBlock + v * kWidth, sums[b][v]);
}

/** Columns [0, vectors·kWidth) of weights · values, in four turns of positions, so that no sum waits for the one before. */
template <int vectors, bool part>
GPTLAB_INLINE void weigh(int64_t positions, int64_t size, int64_t columns, const float* weights, const float* values, float* out) {
  constexpr int kTurns = 4;
  const auto read = [&](const float* from) { return part ? load(from, columns) : load(from); };
  Floats turns[kTurns][vectors];
  GPTLAB_UNROLL
  for (int i = 0; i < kTurns; i++)
    GPTLAB_UNROLL
    for (int v = 0; v < vectors; v++) turns[i][v] = zeros();
  int64_t s = 0;
  for (; s + kTurns <= positions; s += kTurns)
    GPTLAB_UNROLL
    for (int i = 0; i < kTurns; i++) {
      const Floats weight = fill(weights[s + i]);
      GPTLAB_UNROLL
      for (int v = 0; v < vectors; v++) turns[i][v] = multiply_add(weight, read(values + (s + i) * size + v * kWidth), turns[i][v]);
    }
  for (; s < positions; s++) {
    const Floats weight = fill(weights[s]);
    GPTLAB_UNROLL
    for (int v = 0; v < vectors; v++) turns[0][v] = multiply_add(weight, read(values + s * size + v * kWidth), turns[0][v]);
  }
  GPTLAB_UNROLL
  for (int v = 0; v < vectors; v++) {
    const Floats sum = add(add(turns[0][v], turns[1][v]), add(turns[2][v], turns[3][v]));
    part ? store(out + v * kWidth, sum, columns) : store(out + v * kWidth, sum);
  }
}

/** Memory is the limit: each head's keys and values are read once, from end to end. */
void cached_attention(const CachedAttention& a) {
  constexpr int kBlocks = kKeyBlock / kWidth > 1 ? 2 : 4;
  const int64_t size = a.size, blocks = (a.positions + kKeyBlock - 1) / kKeyBlock;
  const float scale = 1 / std::sqrt(static_cast<float>(size));
  for (int64_t head = a.head_begin; head < a.head_end; head++) {
    const float* const query = a.query + head * size;
    const float* const keys = a.keys + head * a.head_floats;
    const float* const values = a.values + head * a.head_floats;
    float* const out = a.out + head * size;
    int64_t block = 0;
    for (; block + kBlocks <= blocks; block += kBlocks) score_blocks<kBlocks>(size, query, keys + block * size * kKeyBlock, a.scratch + block * kKeyBlock);
    for (; block < blocks; block++) score_blocks<1>(size, query, keys + block * size * kKeyBlock, a.scratch + block * kKeyBlock);
    softmax(a.positions, a.positions, scale, a.scratch);
    int64_t c = 0;
    for (; c + 2 * kWidth <= size; c += 2 * kWidth) weigh<2, false>(a.positions, size, 0, a.scratch, values + c, out + c);
    for (; c + kWidth <= size; c += kWidth) weigh<1, false>(a.positions, size, 0, a.scratch, values + c, out + c);
    if (c < size) weigh<1, true>(a.positions, size, size - c, a.scratch, values + c, out + c);
  }
}

}  // namespace
}  // namespace gptlab
