/**
 * The naive form of every kernel: plain loops, sums in double. Tests compare the fast sets with it, and
 * a plan compiled with `simd: 'reference'` runs on it alone.
 */
#include "sets.h"

#include <cmath>
#include <limits>

#include "../random.h"

namespace gptlab {
namespace {

constexpr int64_t kPanel = 16;

float gelu_of(double x) { return static_cast<float>(0.5 * x * (1 + std::erf(x * 0.70710678118654752440))); }

// d/dx x·Φ(x) = Φ(x) + x·φ(x)
float gelu_derivative_of(double x) {
  return static_cast<float>(0.5 * (1 + std::erf(x * 0.70710678118654752440)) + x * 0.39894228040143267794 * std::exp(-0.5 * x * x));
}

float masked(const Mask& mask, uint32_t element, float x) {
  return mask.threshold == 0 ? x : mask_bits(mask.key, element) >= mask.threshold ? x * mask.scale : 0.0f;
}

int64_t packed_floats(int64_t k, int64_t n) { return (n + kPanel - 1) / kPanel * kPanel * k; }

void pack(int64_t k, int64_t n, const float* b, int64_t b_row, int64_t b_column, int64_t first, int64_t last, float* packed) {
  for (int64_t panel = first; panel < last; panel++)
    for (int64_t p = 0; p < k; p++)
      for (int64_t j = 0; j < kPanel; j++) {
        const int64_t column = panel * kPanel + j;
        packed[panel * kPanel * k + p * kPanel + j] = column < n ? b[p * b_row + column * b_column] : 0.0f;
      }
}

void gemm(const Gemm& g) {
  for (int64_t i = 0; i < g.m; i++)
    for (int64_t j = 0; j < g.n; j++) {
      double sum = 0;
      for (int64_t p = 0; p < g.k; p++) {
        const float b = g.b ? g.b[p * g.b_row + j] : g.packed_b[j / kPanel * kPanel * g.k + p * kPanel + j % kPanel];
        sum += static_cast<double>(g.a[i * g.a_row + p * g.a_column]) * b;
      }
      if (g.bias) sum += g.bias[j];
      float value = static_cast<float>(sum);
      if (g.gelu) {
        if (g.derivative) g.derivative[i * g.ld_derivative + j] = gelu_derivative_of(sum);
        value = gelu_of(sum);
      }
      if (g.factor) value *= g.factor[i * g.ld_factor + j];
      if (g.addend) value += g.addend[i * g.ld_addend + j];
      g.c[i * g.ldc + j] = value;
    }
}

void layer_norm(int64_t rows, int64_t columns, const float* x, const float* weight, const float* bias, float epsilon, float* out, float* stats) {
  for (int64_t i = 0; i < rows; i++, x += columns, out += columns, stats += 2) {
    double mean = 0, variance = 0;
    for (int64_t j = 0; j < columns; j++) mean += x[j];
    mean /= static_cast<double>(columns);
    for (int64_t j = 0; j < columns; j++) variance += (x[j] - mean) * (x[j] - mean);
    const double rstd = 1 / std::sqrt(variance / static_cast<double>(columns) + epsilon);
    for (int64_t j = 0; j < columns; j++) out[j] = static_cast<float>((x[j] - mean) * rstd * weight[j] + (bias ? bias[j] : 0.0f));
    stats[0] = static_cast<float>(mean);
    stats[1] = static_cast<float>(rstd);
  }
}

void layer_norm_backward(int64_t rows, int64_t columns, const float* x, const float* stats, const float* weight, const float* d_out,
                         const float* addend, float* dx, float* d_weight, float* d_bias) {
  for (int64_t j = 0; j < columns; j++) {
    double weight_sum = 0, bias_sum = 0;
    for (int64_t i = 0; i < rows; i++) {
      weight_sum += static_cast<double>(d_out[i * columns + j]) * (x[i * columns + j] - stats[2 * i]) * stats[2 * i + 1];
      bias_sum += d_out[i * columns + j];
    }
    d_weight[j] = static_cast<float>(weight_sum);
    if (d_bias) d_bias[j] = static_cast<float>(bias_sum);
  }
  for (int64_t i = 0; i < rows; i++) {
    const float* const xi = x + i * columns;
    const float* const di = d_out + i * columns;
    const double mean = stats[2 * i], rstd = stats[2 * i + 1];
    double g_mean = 0, gx_mean = 0;
    for (int64_t j = 0; j < columns; j++) {
      const double g = static_cast<double>(di[j]) * weight[j];
      g_mean += g;
      gx_mean += g * (xi[j] - mean) * rstd;
    }
    g_mean /= static_cast<double>(columns);
    gx_mean /= static_cast<double>(columns);
    for (int64_t j = 0; j < columns; j++) {
      const double g = static_cast<double>(di[j]) * weight[j];
      const double value = rstd * (g - g_mean - (xi[j] - mean) * rstd * gx_mean);
      dx[i * columns + j] = static_cast<float>(value + (addend ? addend[i * columns + j] : 0.0f));
    }
  }
}

int64_t attention_scratch(int64_t length, int64_t) { return length; }

void attention(const Attention& a) {
  const int64_t d = a.channels / a.heads, row = 3 * a.channels;
  const double scale = 1 / std::sqrt(static_cast<double>(d));
  for (int64_t pair = a.begin; pair < a.end; pair++) {
    const float* const q = a.qkv + pair / a.heads * a.length * row + pair % a.heads * d;
    const float* const k = q + a.channels;
    const float* const v = k + a.channels;
    float* const out = a.out + pair / a.heads * a.length * a.channels + pair % a.heads * d;
    for (int64_t t = 0; t < a.length; t++) {
      const int64_t seen = a.causal ? t + 1 : a.length;
      float* const p = a.probabilities + (pair * a.length + t) * a.length;
      double most = -std::numeric_limits<double>::infinity(), sum = 0;
      for (int64_t s = 0; s < seen; s++) {
        double score = 0;
        for (int64_t c = 0; c < d; c++) score += static_cast<double>(q[t * row + c]) * k[s * row + c];
        a.scratch[s] = static_cast<float>(score * scale);
        most = std::fmax(most, a.scratch[s]);
      }
      for (int64_t s = 0; s < seen; s++) sum += std::exp(a.scratch[s] - most);
      for (int64_t s = 0; s < seen; s++) p[s] = static_cast<float>(std::exp(a.scratch[s] - most) / sum);
      for (int64_t c = 0; c < d; c++) {
        double value = 0;
        for (int64_t s = 0; s < seen; s++)
          value += static_cast<double>(masked(a.mask, static_cast<uint32_t>((pair * a.length + t) * a.length + s), p[s])) * v[s * row + c];
        out[t * a.channels + c] = static_cast<float>(value);
      }
    }
  }
}

// With P′ = mask(P): dV = P′ᵀ·dO, dP = mask(dO·Vᵀ), dS = P∘(dP − Σ dP∘P)/√d, dQ = dS·K, dK = dSᵀ·Q.
void attention_backward(const Attention& a) {
  const int64_t d = a.channels / a.heads, row = 3 * a.channels;
  const double scale = 1 / std::sqrt(static_cast<double>(d));
  for (int64_t pair = a.begin; pair < a.end; pair++) {
    const int64_t corner = pair / a.heads * a.length * row + pair % a.heads * d;
    const float* const q = a.qkv + corner;
    const float* const k = q + a.channels;
    const float* const v = k + a.channels;
    float* const dq = a.d_qkv + corner;
    float* const dk = dq + a.channels;
    float* const dv = dk + a.channels;
    const float* const d_out = a.d_out + pair / a.heads * a.length * a.channels + pair % a.heads * d;
    for (int64_t t = 0; t < a.length; t++)
      for (int64_t c = 0; c < d; c++) dk[t * row + c] = dv[t * row + c] = 0;
    for (int64_t t = 0; t < a.length; t++) {
      const int64_t seen = a.causal ? t + 1 : a.length;
      const float* const p = a.probabilities + (pair * a.length + t) * a.length;
      double total = 0;
      for (int64_t s = 0; s < seen; s++) {
        const uint32_t element = static_cast<uint32_t>((pair * a.length + t) * a.length + s);
        double dp = 0;
        for (int64_t c = 0; c < d; c++) dp += static_cast<double>(d_out[t * a.channels + c]) * v[s * row + c];
        const float p_masked = masked(a.mask, element, p[s]);
        for (int64_t c = 0; c < d; c++) dv[s * row + c] += p_masked * d_out[t * a.channels + c];
        a.scratch[s] = masked(a.mask, element, static_cast<float>(dp));
        total += static_cast<double>(a.scratch[s]) * p[s];
      }
      for (int64_t s = 0; s < seen; s++) a.scratch[s] = static_cast<float>(p[s] * (a.scratch[s] - total) * scale);
      for (int64_t c = 0; c < d; c++) {
        double value = 0;
        for (int64_t s = 0; s < seen; s++) {
          value += static_cast<double>(a.scratch[s]) * k[s * row + c];
          dk[s * row + c] += a.scratch[s] * q[t * row + c];
        }
        dq[t * row + c] = static_cast<float>(value);
      }
    }
  }
}

void cached_attention(const CachedAttention& a) {
  const double scale = 1 / std::sqrt(static_cast<double>(a.size));
  for (int64_t head = a.head_begin; head < a.head_end; head++) {
    const float* const query = a.query + head * a.size;
    const float* const keys = a.keys + head * a.head_floats;
    const float* const values = a.values + head * a.head_floats;
    double most = -std::numeric_limits<double>::infinity(), sum = 0;
    for (int64_t s = 0; s < a.positions; s++) {
      double score = 0;
      for (int64_t c = 0; c < a.size; c++) score += static_cast<double>(query[c]) * keys[(s / kKeyBlock * a.size + c) * kKeyBlock + s % kKeyBlock];
      a.scratch[s] = static_cast<float>(score * scale);
      most = std::fmax(most, a.scratch[s]);
    }
    for (int64_t s = 0; s < a.positions; s++) sum += a.scratch[s] = static_cast<float>(std::exp(a.scratch[s] - most));
    for (int64_t c = 0; c < a.size; c++) {
      double value = 0;
      for (int64_t s = 0; s < a.positions; s++) value += static_cast<double>(a.scratch[s]) * values[s * a.size + c];
      a.out[head * a.size + c] = static_cast<float>(value / sum);
    }
  }
}

// By the logits: d·(onehot − softmax)·inverse_temperature.
double log_probability(int64_t columns, const float* x, int32_t target, double inverse_temperature, double d, float* dx) {
  double most = x[0], sum = 0;
  for (int64_t j = 1; j < columns; j++) most = std::fmax(most, x[j]);
  const double at_target = (x[target] - most) * inverse_temperature;
  for (int64_t j = 0; j < columns; j++) sum += std::exp((x[j] - most) * inverse_temperature);
  for (int64_t j = 0; dx && j < columns; j++)
    dx[j] = static_cast<float>(((j == target ? 1 : 0) - std::exp((x[j] - most) * inverse_temperature) / sum) * d * inverse_temperature);
  return at_target - std::log(sum);
}

double cross_entropy(int64_t rows, int64_t columns, const float* logits, const int32_t* targets, float scale, float* d_logits) {
  double loss = 0;
  for (int64_t i = 0; i < rows; i++) {
    float* const dx = d_logits ? d_logits + i * columns : nullptr;
    if (targets[i] >= 0) loss -= log_probability(columns, logits + i * columns, targets[i], 1, -scale, dx);
    for (int64_t j = 0; targets[i] < 0 && dx && j < columns; j++) dx[j] = 0;
  }
  return loss;
}

void log_probabilities(int64_t rows, int64_t columns, const float* logits, const int32_t* targets, float inverse_temperature, float* out) {
  for (int64_t i = 0; i < rows; i++)
    out[i] = targets[i] < 0 ? 0.0f : static_cast<float>(log_probability(columns, logits + i * columns, targets[i], inverse_temperature, 0, nullptr));
}

void log_probabilities_backward(int64_t rows, int64_t columns, const float* logits, const int32_t* targets, float inverse_temperature, const float* d_out,
                                float* d_logits) {
  for (int64_t i = 0; i < rows; i++) {
    float* const dx = d_logits + i * columns;
    if (targets[i] >= 0) log_probability(columns, logits + i * columns, targets[i], inverse_temperature, d_out[i], dx);
    for (int64_t j = 0; targets[i] < 0 && j < columns; j++) dx[j] = 0;
  }
}

double exponentials(int64_t n, const float* x, float inverse_temperature, float* out) {
  float most = x[0];
  double sum = 0;
  for (int64_t j = 1; j < n; j++) most = std::fmax(most, x[j]);
  for (int64_t j = 0; j < n; j++) sum += out[j] = static_cast<float>(std::exp(static_cast<double>(x[j] - most) * inverse_temperature));
  return sum;
}

void gelu(int64_t n, const float* x, float* out, float* derivative) {
  for (int64_t i = 0; i < n; i++) {
    const float value = x[i];
    if (derivative) derivative[i] = gelu_derivative_of(value);
    out[i] = gelu_of(value);
  }
}

void multiply(int64_t n, const float* a, const float* b, float* out) {
  for (int64_t i = 0; i < n; i++) out[i] = a[i] * b[i];
}

void add(int64_t n, const float* a, const float* b, float* out) {
  for (int64_t i = 0; i < n; i++) out[i] = a[i] + b[i];
}

void dropout(int64_t n, const float* x, const float* addend, const Mask& mask, uint32_t first, float* out) {
  for (int64_t i = 0; i < n; i++) out[i] = masked(mask, first + static_cast<uint32_t>(i), x[i]) + (addend ? addend[i] : 0.0f);
}

void column_sums(int64_t rows, int64_t columns, const float* x, int64_t ldx, bool accumulate, float* out) {
  for (int64_t j = 0; j < columns; j++) {
    double sum = 0;
    for (int64_t i = 0; i < rows; i++) sum += x[i * ldx + j];
    out[j] = static_cast<float>(sum + (accumulate ? out[j] : 0.0f));
  }
}

double sum_squares(int64_t n, const float* x) {
  double sum = 0;
  for (int64_t i = 0; i < n; i++) sum += static_cast<double>(x[i]) * x[i];
  return sum;
}

void adamw(const AdamW& a) {
  for (int64_t i = 0; i < a.n; i++) {
    const double g = static_cast<double>(a.gradient[i]) * a.coefficient;
    const double first = a.beta1 * a.first[i] + (1 - a.beta1) * g;
    const double second = a.beta2 * a.second[i] + (1 - a.beta2) * g * g;
    const double value = a.value[i] * (1 - a.learning_rate * a.weight_decay);
    a.first[i] = static_cast<float>(first);
    a.second[i] = static_cast<float>(second);
    a.value[i] = static_cast<float>(value - a.learning_rate / a.correction1 * first / (std::sqrt(second / a.correction2) + a.epsilon));
  }
}

double peak(int64_t rounds) {
  volatile float sink = 0;
  float sum = 1;
  for (int64_t i = 0; i < rounds * 64; i++) sum = sum * 0.999f + 0.001f;
  sink = sum;
  (void)sink;
  return static_cast<double>(rounds) * 128;
}

}  // namespace

const Kernels kReferenceKernels = {Simd::reference, kPanel,    packed_floats, pack,        gemm,     layer_norm, layer_norm_backward, attention_scratch, attention,
                                   attention_backward, cached_attention, cross_entropy, log_probabilities, log_probabilities_backward, exponentials, gelu, multiply, add, dropout, column_sums, sum_squares, adamw, peak};

}  // namespace gptlab
