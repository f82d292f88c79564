/** Row by row and element by element: layer norm, cross-entropy, sums, AdamW. Included after the vectors of an instruction set. */
#pragma once

#include <cmath>

#include "simd_math.h"

namespace gptlab {
namespace {

/** Calls work(i, whole) for each vector of n elements, the last of which may not be whole. */
template <class Work>
GPTLAB_INLINE void each_vector(int64_t n, const Work& work) {
  int64_t i = 0;
  for (; i + kWidth <= n; i += kWidth) work(i, kWidth);
  if (i < n) work(i, n - i);
}

GPTLAB_INLINE Floats load_some(const float* p, int64_t count) { return count == kWidth ? load(p) : load(p, count); }
GPTLAB_INLINE void store_some(float* p, Floats x, int64_t count) { count == kWidth ? store(p, x) : store(p, x, count); }

/** Σ of f over vectors of n elements: two accumulators in turn, then their lanes. Lanes behind n must be 0. */
template <class F>
GPTLAB_INLINE float sum_vectors(int64_t n, const F& f) {
  Floats even = zeros(), odd = zeros();
  int64_t i = 0;
  for (; i + 2 * kWidth <= n; i += 2 * kWidth) {
    even = add(even, f(i, kWidth));
    odd = add(odd, f(i + kWidth, kWidth));
  }
  for (; i < n; i += kWidth) even = add(even, f(i, least(kWidth, n - i)));
  return sum(add(even, odd));
}

/** Two passes over each row, which is in the first cache by then: mean, then variance; a third writes. */
void layer_norm(int64_t rows, int64_t columns, const float* x, const float* weight, const float* bias, float epsilon, float* out, float* stats) {
  const float share = 1.0f / static_cast<float>(columns);
  for (int64_t row = 0; row < rows; row++, x += columns, out += columns, stats += 2) {
    const float mean = sum_vectors(columns, [&](int64_t j, int64_t count) { return load_some(x + j, count); }) * share;
    const Floats centre = fill(mean);
    const float variance = sum_vectors(columns, [&](int64_t j, int64_t count) {
                             const Floats d = subtract(load_some(x + j, count), centre);
                             const Floats square = multiply(d, d);
                             return count == kWidth ? square : select(first(count), square, zeros());
                           }) *
                           share;
    const float rstd = 1.0f / std::sqrt(variance + epsilon);
    const Floats scale = fill(rstd);
    each_vector(columns, [&](int64_t j, int64_t count) {
      const Floats normal = multiply(subtract(load_some(x + j, count), centre), scale);
      store_some(out + j, multiply_add(normal, load_some(weight + j, count), bias ? load_some(bias + j, count) : zeros()), count);
    });
    stats[0] = mean;
    stats[1] = rstd;
  }
}

/**
 * Forward: out = x̂·weight + bias, x̂ = (x − mean)·rstd. With g = d_out·weight:
 * dx = rstd·(g − mean(g) − x̂·mean(g·x̂)); d_weight = Σ d_out·x̂, d_bias = Σ d_out over rows in order.
 */
void layer_norm_backward(int64_t rows, int64_t columns, const float* x, const float* stats, const float* weight, const float* d_out,
                         const float* addend, float* dx, float* d_weight, float* d_bias) {
  const float share = 1.0f / static_cast<float>(columns);
  for (int64_t row = 0; row < rows; row++, x += columns, d_out += columns, dx += columns, stats += 2) {
    const Floats mean = fill(stats[0]), rstd = fill(stats[1]);
    const auto normal = [&](int64_t j, int64_t count) { return multiply(subtract(load_some(x + j, count), mean), rstd); };
    // Lanes behind the row have no gradient, so they add nothing.
    Floats g_sum = zeros(), gx_sum = zeros();
    each_vector(columns, [&](int64_t j, int64_t count) {
      const Floats d = load_some(d_out + j, count), n = normal(j, count), g = multiply(d, load_some(weight + j, count));
      g_sum = add(g_sum, g);
      gx_sum = multiply_add(g, n, gx_sum);
      store_some(d_weight + j, row == 0 ? multiply(d, n) : multiply_add(d, n, load_some(d_weight + j, count)), count);
      if (d_bias) store_some(d_bias + j, row == 0 ? d : add(d, load_some(d_bias + j, count)), count);
    });
    const Floats g_mean = fill(sum(g_sum) * share), gx_mean = fill(-sum(gx_sum) * share);
    each_vector(columns, [&](int64_t j, int64_t count) {
      const Floats g = multiply(load_some(d_out + j, count), load_some(weight + j, count));
      const Floats value = multiply(rstd, multiply_add(normal(j, count), gx_mean, subtract(g, g_mean)));
      store_some(dx + j, addend ? add(value, load_some(addend + row * columns + j, count)) : value, count);
    });
  }
}

GPTLAB_INLINE float greatest_of(int64_t n, const float* x) {
  Floats most = fill(x[0]);
  int64_t i = 0;
  for (; i + kWidth <= n; i += kWidth) most = greater(most, load(x + i));
  if (i < n) most = greater(most, select(first(n - i), load(x + i, n - i), most));
  return greatest(most);
}

/**
 * log softmax(x · inverse_temperature)[target] of a row. Where dx is not null, dx = d · inverse_temperature · (onehot − softmax).
 * Three passes: the maximum; exponentials and their sum; softmax, with the target apart.
 */
GPTLAB_INLINE double log_probability(int64_t columns, const float* x, int32_t target, float inverse_temperature, float d, float* dx) {
  const float most = greatest_of(columns, x), at_target = x[target];
  const Floats shift = fill(most), inverse = fill(inverse_temperature);
  const float total = sum_vectors(columns, [&](int64_t j, int64_t count) {
    const Floats e = exponential(multiply(subtract(load_some(x + j, count), shift), inverse));
    if (dx) store_some(dx + j, e, count);
    return count == kWidth ? e : select(first(count), e, zeros());
  });
  if (dx) {
    const float towards = d * inverse_temperature;
    const Floats factor = fill(-towards / total);
    each_vector(columns, [&](int64_t j, int64_t count) { store_some(dx + j, multiply(load_some(dx + j, count), factor), count); });
    dx[target] += towards;
  }
  return (static_cast<double>(at_target) - most) * inverse_temperature - std::log(static_cast<double>(total));
}

GPTLAB_INLINE void clear(int64_t n, float* x) {
  each_vector(n, [&](int64_t j, int64_t count) { store_some(x + j, zeros(), count); });
}

double cross_entropy(int64_t rows, int64_t columns, const float* logits, const int32_t* targets, float scale, float* d_logits) {
  double loss = 0;
  for (int64_t row = 0; row < rows; row++) {
    float* const dx = d_logits ? d_logits + row * columns : nullptr;
    if (targets[row] >= 0)
      loss -= log_probability(columns, logits + row * columns, targets[row], 1, -scale, dx);
    else if (dx)
      clear(columns, dx);
  }
  return loss;
}

void log_probabilities(int64_t rows, int64_t columns, const float* logits, const int32_t* targets, float inverse_temperature, float* out) {
  for (int64_t row = 0; row < rows; row++)
    out[row] = targets[row] < 0 ? 0.0f : static_cast<float>(log_probability(columns, logits + row * columns, targets[row], inverse_temperature, 0, nullptr));
}

/** Rows whose gradient is 0, clipped ones among them, cost nothing. */
void log_probabilities_backward(int64_t rows, int64_t columns, const float* logits, const int32_t* targets, float inverse_temperature, const float* d_out,
                                float* d_logits) {
  for (int64_t row = 0; row < rows; row++) {
    float* const dx = d_logits + row * columns;
    if (targets[row] >= 0 && d_out[row] != 0)
      log_probability(columns, logits + row * columns, targets[row], inverse_temperature, d_out[row], dx);
    else
      clear(columns, dx);
  }
}

double exponentials(int64_t n, const float* x, float inverse_temperature, float* out) {
  const Floats most = fill(greatest_of(n, x)), factor = fill(inverse_temperature);
  each_vector(n, [&](int64_t j, int64_t count) { store_some(out + j, exponential(multiply(subtract(load_some(x + j, count), most), factor)), count); });
  double total = 0;
  for (int64_t j = 0; j < n; j++) total += out[j];
  return total;
}

void gelu(int64_t n, const float* x, float* out, float* derivative) {
  each_vector(n, [&](int64_t i, int64_t count) {
    Floats slope;
    const Floats value = gelu(load_some(x + i, count), &slope);
    if (derivative) store_some(derivative + i, slope, count);
    store_some(out + i, value, count);
  });
}

void multiply(int64_t n, const float* a, const float* b, float* out) {
  each_vector(n, [&](int64_t i, int64_t count) { store_some(out + i, multiply(load_some(a + i, count), load_some(b + i, count)), count); });
}

void add(int64_t n, const float* a, const float* b, float* out) {
  each_vector(n, [&](int64_t i, int64_t count) { store_some(out + i, add(load_some(a + i, count), load_some(b + i, count)), count); });
}

void dropout(int64_t n, const float* x, const float* addend, const Mask& mask, uint32_t element, float* out) {
  each_vector(n, [&](int64_t i, int64_t count) {
    Floats value = load_some(x + i, count);
    if (mask.threshold) value = masked(mask, add_integers(fill_integers(element + static_cast<uint32_t>(i)), counting()), value);
    store_some(out + i, addend ? add(value, load_some(addend + i, count)) : value, count);
  });
}

/** Four vectors of columns at a time, so that a whole piece of each row is read. */
void column_sums(int64_t rows, int64_t columns, const float* x, int64_t ldx, bool accumulate, float* out) {
  constexpr int kVectors = 4;
  int64_t j = 0;
  for (; j + kVectors * kWidth <= columns; j += kVectors * kWidth) {
    Floats sums[kVectors];
    GPTLAB_UNROLL
    for (int v = 0; v < kVectors; v++) sums[v] = zeros();
    for (int64_t row = 0; row < rows; row++)
      GPTLAB_UNROLL
      for (int v = 0; v < kVectors; v++) sums[v] = add(sums[v], load(x + row * ldx + j + v * kWidth));
    GPTLAB_UNROLL
    for (int v = 0; v < kVectors; v++) store(out + j + v * kWidth, accumulate ? add(sums[v], load(out + j + v * kWidth)) : sums[v]);
  }
  each_vector(columns - j, [&](int64_t i, int64_t count) {
    Floats total = zeros();
    for (int64_t row = 0; row < rows; row++) total = add(total, load_some(x + row * ldx + j + i, count));
    store_some(out + j + i, accumulate ? add(total, load_some(out + j + i, count)) : total, count);
  });
}

/** Pieces of 1024 elements in single precision, their sums in double. */
double sum_squares(int64_t n, const float* x) {
  constexpr int64_t kPiece = 1024;
  double total = 0;
  for (int64_t from = 0; from < n; from += kPiece) {
    const float* const piece = x + from;
    total += sum_vectors(least(kPiece, n - from), [&](int64_t i, int64_t count) {
      const Floats value = load_some(piece + i, count);
      return multiply(value, value);
    });
  }
  return total;
}

/** value ← value·(1 − η·λ) − η/c₁·m / (√v/√c₂ + ε), as torch.optim.AdamW computes it in single precision. */
void adamw(const AdamW& a) {
  const Floats coefficient = fill(a.coefficient);
  const Floats beta1 = fill(static_cast<float>(a.beta1)), rest1 = fill(static_cast<float>(1 - a.beta1));
  const Floats beta2 = fill(static_cast<float>(a.beta2)), rest2 = fill(static_cast<float>(1 - a.beta2));
  const Floats decay = fill(static_cast<float>(1 - a.learning_rate * a.weight_decay));
  const Floats step = fill(static_cast<float>(-a.learning_rate / a.correction1));
  const Floats inverse = fill(static_cast<float>(1 / std::sqrt(a.correction2))), epsilon = fill(static_cast<float>(a.epsilon));
  each_vector(a.n, [&](int64_t i, int64_t count) {
    const Floats g = multiply(load_some(a.gradient + i, count), coefficient);
    const Floats m = multiply_add(g, rest1, multiply(load_some(a.first + i, count), beta1));
    const Floats v = multiply_add(multiply(g, g), rest2, multiply(load_some(a.second + i, count), beta2));
    const Floats ratio = divide(m, multiply_add(root(v), inverse, epsilon));
    store_some(a.first + i, m, count);
    store_some(a.second + i, v, count);
    store_some(a.value + i, multiply_add(step, ratio, multiply(load_some(a.value + i, count), decay)), count);
  });
}

/** As many accumulators as the micro-kernel has: enough to hide the latency of each. */
double peak(int64_t rounds) {
  constexpr int kSums = kTileRows * kTileVectors, kUnrolled = 8;
  Floats sums[kSums];
  GPTLAB_UNROLL
  for (int i = 0; i < kSums; i++) sums[i] = fill(static_cast<float>(i));
  // Read at run time, so that nothing is computed beforehand.
  volatile float factors[2] = {0.999f, 0.001f};
  const Floats factor = fill(factors[0]), addend = fill(factors[1]);
  for (int64_t round = 0; round < rounds; round++)
    GPTLAB_UNROLL
    for (int repeat = 0; repeat < kUnrolled; repeat++)
      GPTLAB_UNROLL
      for (int i = 0; i < kSums; i++) sums[i] = multiply_add(sums[i], factor, addend);
  Floats total = zeros();
  GPTLAB_UNROLL
  for (int i = 0; i < kSums; i++) total = add(total, sums[i]);
  volatile float sink = sum(total);
  (void)sink;
  return static_cast<double>(rounds) * kUnrolled * kSums * kWidth * 2;
}

}  // namespace
}  // namespace gptlab
