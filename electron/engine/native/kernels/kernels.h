/**
 * The boundary between the trainer and its arithmetic: one table of functions for each instruction set.
 *
 * Matrices are row-major float32; `ld…` is the distance of rows in floats. Every function is pure in
 * its arguments, allocates nothing, and gives each output element the same bits whatever part of the
 * matrix it is called for: one accumulator for an element, k in rising order, tails with the same
 * arithmetic as full vectors. So threads may split rows and columns as they like.
 */
#pragma once

#include <cstdint>

namespace gptlab {

enum class Simd { avx512, avx2, neon, portable, reference };

/**
 * C = epilogue(A · B), A (m, k), B (k, n), C (m, n).
 *
 * Elements of A and B lie at a[i·a_row + p·a_column] and b[p·b_row + j]; or B is packed, and `b` null. An element of the sum s becomes, in this order, each part left out where its pointer is null:
 *   s += bias[j];  gelu: (derivative[i,j] = gelu′(s); s = gelu(s));  s *= factor[i,j];  s += addend[i,j].
 * `addend` may be C itself (accumulation).
 */
struct Gemm {
  int64_t m, n, k;
  const float* a;
  int64_t a_row, a_column;
  const float* b = nullptr;
  int64_t b_row = 0;
  /** From `pack`, moved to the panel of the first column. */
  const float* packed_b = nullptr;
  float* c;
  int64_t ldc;
  const float* bias = nullptr;
  bool gelu = false;
  float* derivative = nullptr;
  int64_t ld_derivative = 0;
  const float* factor = nullptr;
  int64_t ld_factor = 0;
  const float* addend = nullptr;
  int64_t ld_addend = 0;
};

/** Counter-based mask: an element is kept where mask_bits(key, element) (random.h) ≥ threshold, and scaled; threshold 0 keeps all. */
struct Mask {
  uint64_t key = 0;
  uint32_t threshold = 0;
  float scale = 1;
};

/**
 * Attention of sequences with themselves for the pairs [begin, end); pair = sequence · heads + head.
 * qkv (sequences·length, 3·channels): queries, keys, values; head h has columns [h·d, (h+1)·d) of each,
 * d = channels / heads. probabilities (pairs, length, length) holds softmax(QKᵀ/√d) before dropout;
 * where `causal`, what lies right of the diagonal means nothing. (For short sequences a set may order
 * them otherwise: they are for the backward pass alone.) Mask elements are numbered as (pair, t, s).
 */
struct Attention {
  int64_t begin, end;
  int64_t length, heads, channels;
  bool causal;
  const float* qkv;
  float* probabilities;
  float* out;
  Mask mask;
  /** Backward: gradients of out and of qkv. */
  const float* d_out = nullptr;
  float* d_qkv = nullptr;
  /** This thread's own floats, `attention_scratch` of them. */
  float* scratch = nullptr;
};

/** Positions whose cached keys lie beside each other: a line of memory, and whole vectors of every set. */
constexpr int64_t kKeyBlock = 16;

/** One row of attention over cached keys and values, for each head in [head_begin, head_end). */
struct CachedAttention {
  int64_t head_begin, head_end;
  /** Channels of a head. */
  int64_t size;
  /** Positions to attend: 0 … positions−1. */
  int64_t positions;
  /** (heads · size). */
  const float* query;
  /** (heads, context blocks, size, kKeyBlock): scores are vectors over positions, and a head is read from end to end. */
  const float* keys;
  /** (heads, context blocks · kKeyBlock, size). */
  const float* values;
  /** Floats of a head, in keys as in values. */
  int64_t head_floats;
  float* out;
  /** This thread's own floats, whole blocks of the context. */
  float* scratch;
};

/** AdamW as PyTorch has it; corrections are 1 − β^t. */
struct AdamW {
  int64_t n;
  float* value;
  const float* gradient;
  float* first;
  float* second;
  /** Clipping coefficient, multiplied into the gradient. */
  float coefficient;
  double learning_rate, beta1, beta2, epsilon, weight_decay, correction1, correction2;
};

struct Kernels {
  Simd simd;

  /** Columns of a packed panel; columns are split among threads at multiples of it. */
  int64_t panel;
  /** Floats that a packed (k, n) matrix takes: panels of `panel` columns, zero-padded, each k · panel floats. */
  int64_t (*packed_floats)(int64_t k, int64_t n);
  /** Packs the panels [first, last) of b (k, n), whose elements lie at b[p·b_row + j·b_column]. */
  void (*pack)(int64_t k, int64_t n, const float* b, int64_t b_row, int64_t b_column, int64_t first, int64_t last, float* packed);
  void (*gemm)(const Gemm&);

  /** out = (x − mean)·rstd·weight + bias for each row; stats[2i] = mean, stats[2i+1] = rstd. bias may be null. */
  void (*layer_norm)(int64_t rows, int64_t columns, const float* x, const float* weight, const float* bias, float epsilon, float* out, float* stats);
  /**
   * dx = addend + rstd·(g − mean(g) − x̂·mean(g·x̂)), g = d_out·weight, x̂ = (x − mean)·rstd; addend may be null.
   * d_weight[j] and d_bias[j] (null: none) are set to the sums over these rows of d_out·x̂ and d_out, in order.
   */
  void (*layer_norm_backward)(int64_t rows, int64_t columns, const float* x, const float* stats, const float* weight, const float* d_out,
                              const float* addend, float* dx, float* d_weight, float* d_bias);

  int64_t (*attention_scratch)(int64_t length, int64_t head_channels);
  void (*attention)(const Attention&);
  void (*attention_backward)(const Attention&);
  void (*cached_attention)(const CachedAttention&);

  /**
   * Sum over the rows with target ≥ 0 of −log softmax(logits)[target], in order of rows. Where d_logits is
   * not null: d_logits = (softmax − onehot) · scale, 0 in rows that do not count; it may be `logits` itself.
   */
  double (*cross_entropy)(int64_t rows, int64_t columns, const float* logits, const int32_t* targets, float scale, float* d_logits);
  /** out[i] = log softmax(logits · inverse_temperature)[target] of row i; 0 where the target is negative. */
  void (*log_probabilities)(int64_t rows, int64_t columns, const float* logits, const int32_t* targets, float inverse_temperature, float* out);
  /** d_logits = d_out · inverse_temperature · (onehot − softmax), 0 in rows without a target; it may be `logits` itself. */
  void (*log_probabilities_backward)(int64_t rows, int64_t columns, const float* logits, const int32_t* targets, float inverse_temperature, const float* d_out,
                                     float* d_logits);
  /** out = exp((x − max)·inverse_temperature); returns the sum in double, in order. */
  double (*exponentials)(int64_t n, const float* x, float inverse_temperature, float* out);

  /** out = gelu(x); derivative (may be null) = gelu′(x). Exact form, within 1e-6. */
  void (*gelu)(int64_t n, const float* x, float* out, float* derivative);
  void (*multiply)(int64_t n, const float* a, const float* b, float* out);
  void (*add)(int64_t n, const float* a, const float* b, float* out);
  /** out = (addend) + x masked and scaled; the first element has number `first`. addend may be null. */
  void (*dropout)(int64_t n, const float* x, const float* addend, const Mask&, uint32_t first, float* out);
  /** out[j] (+)= Σ over rows of x[i·ldx + j], rows in order. */
  void (*column_sums)(int64_t rows, int64_t columns, const float* x, int64_t ldx, bool accumulate, float* out);
  /** Σ x², in an order that depends on n alone. */
  double (*sum_squares)(int64_t n, const float* x);
  void (*adamw)(const AdamW&);

  /** Multiply-adds in registers for a while; returns floating-point operations done. */
  double (*peak)(int64_t rounds);
};

/** Whether this build has the kernel set and this machine can run it. */
bool can_run(Simd simd);
/** The table of a kernel set that `can_run`. */
const Kernels& kernels(Simd simd);

}  // namespace gptlab
