/** Vectors of 8 floats for AVX2 with FMA. See `vector_portable.h` for what each function means. */
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "inline.h"

namespace gptlab {
namespace {

constexpr int64_t kWidth = 8;
/** Micro-kernel: 6 × 2 accumulators, two columns and a broadcast element fit the 16 registers. */
constexpr int kTileRows = 6;
constexpr int kTileVectors = 2;

using Floats = __m256;
using Integers = __m256i;
using Lanes = __m256;

alignas(64) constexpr int32_t kFirstLanes[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};

GPTLAB_INLINE __m256i first_integers(int64_t count) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kFirstLanes + 8 - count)); }
GPTLAB_INLINE Lanes first(int64_t count) { return _mm256_castsi256_ps(first_integers(count)); }

GPTLAB_INLINE Floats zeros() { return _mm256_setzero_ps(); }
GPTLAB_INLINE Floats fill(float x) { return _mm256_set1_ps(x); }
GPTLAB_INLINE Floats load(const float* p) { return _mm256_loadu_ps(p); }
GPTLAB_INLINE Floats load(const float* p, int64_t count) { return _mm256_maskload_ps(p, first_integers(count)); }
GPTLAB_INLINE void store(float* p, Floats a) { _mm256_storeu_ps(p, a); }
GPTLAB_INLINE void store(float* p, Floats a, int64_t count) { _mm256_maskstore_ps(p, first_integers(count), a); }
GPTLAB_INLINE void prefetch(const float* p) { _mm_prefetch(reinterpret_cast<const char*>(p), _MM_HINT_T0); }

GPTLAB_INLINE Floats add(Floats a, Floats b) { return _mm256_add_ps(a, b); }
GPTLAB_INLINE Floats subtract(Floats a, Floats b) { return _mm256_sub_ps(a, b); }
GPTLAB_INLINE Floats multiply(Floats a, Floats b) { return _mm256_mul_ps(a, b); }
GPTLAB_INLINE Floats divide(Floats a, Floats b) { return _mm256_div_ps(a, b); }
GPTLAB_INLINE Floats root(Floats a) { return _mm256_sqrt_ps(a); }
GPTLAB_INLINE Floats multiply_add(Floats a, Floats b, Floats c) { return _mm256_fmadd_ps(a, b, c); }
GPTLAB_INLINE Floats greater(Floats a, Floats b) { return _mm256_max_ps(a, b); }
GPTLAB_INLINE Floats absolute(Floats a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
GPTLAB_INLINE Lanes less(Floats a, Floats b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
GPTLAB_INLINE Floats select(Lanes lanes, Floats a, Floats b) { return _mm256_blendv_ps(b, a, lanes); }

GPTLAB_INLINE float sum(Floats a) {
  __m128 four = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
  four = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(four, _mm_movehdup_ps(four)));
}
GPTLAB_INLINE float greatest(Floats a) {
  __m128 four = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
  four = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(four, _mm_movehdup_ps(four)));
}

GPTLAB_INLINE Integers as_integers(Floats a) { return _mm256_castps_si256(a); }
GPTLAB_INLINE Floats as_floats(Integers a) { return _mm256_castsi256_ps(a); }
GPTLAB_INLINE Integers fill_integers(uint32_t x) { return _mm256_set1_epi32(static_cast<int>(x)); }
GPTLAB_INLINE Integers counting() { return _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7); }
GPTLAB_INLINE Integers add_integers(Integers a, Integers b) { return _mm256_add_epi32(a, b); }
GPTLAB_INLINE Integers multiply_integers(Integers a, Integers b) { return _mm256_mullo_epi32(a, b); }
GPTLAB_INLINE Integers exclusive_or(Integers a, Integers b) { return _mm256_xor_si256(a, b); }
template <int bits>
GPTLAB_INLINE Integers shift_left(Integers a) {
  return _mm256_slli_epi32(a, bits);
}
template <int bits>
GPTLAB_INLINE Integers shift_right(Integers a) {
  return _mm256_srli_epi32(a, bits);
}
GPTLAB_INLINE Lanes at_least(Integers a, Integers b) { return _mm256_castsi256_ps(_mm256_cmpeq_epi32(_mm256_max_epu32(a, b), a)); }

GPTLAB_INLINE void transpose(Floats (&r)[kWidth]) {
  Floats t[kWidth];
  GPTLAB_UNROLL
  for (int i = 0; i < 8; i += 2) {
    t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
    t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
  }
  GPTLAB_UNROLL
  for (int i = 0; i < 8; i += 4) {
    r[i] = _mm256_shuffle_ps(t[i], t[i + 2], 0x44);
    r[i + 1] = _mm256_shuffle_ps(t[i], t[i + 2], 0xee);
    r[i + 2] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0x44);
    r[i + 3] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0xee);
  }
  GPTLAB_UNROLL
  for (int i = 0; i < 4; i++) {
    t[i] = _mm256_permute2f128_ps(r[i], r[i + 4], 0x20);
    t[i + 4] = _mm256_permute2f128_ps(r[i], r[i + 4], 0x31);
  }
  GPTLAB_UNROLL
  for (int i = 0; i < 8; i++) r[i] = t[i];
}

}  // namespace
}  // namespace gptlab
