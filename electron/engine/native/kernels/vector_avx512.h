/** Vectors of 16 floats for AVX-512 (F, DQ, BW, VL). See `vector_portable.h` for what each function means. */
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "inline.h"

namespace gptlab {
namespace {

constexpr int64_t kWidth = 16;
/** Micro-kernel: 14 × 2 accumulators, two columns and a broadcast element fill the 32 registers. */
constexpr int kTileRows = 14;
constexpr int kTileVectors = 2;

using Floats = __m512;
using Integers = __m512i;
using Lanes = __mmask16;

GPTLAB_INLINE Lanes first(int64_t count) { return static_cast<Lanes>((1u << count) - 1); }

GPTLAB_INLINE Floats zeros() { return _mm512_setzero_ps(); }
GPTLAB_INLINE Floats fill(float x) { return _mm512_set1_ps(x); }
GPTLAB_INLINE Floats load(const float* p) { return _mm512_loadu_ps(p); }
GPTLAB_INLINE Floats load(const float* p, int64_t count) { return _mm512_maskz_loadu_ps(first(count), p); }
GPTLAB_INLINE void store(float* p, Floats a) { _mm512_storeu_ps(p, a); }
GPTLAB_INLINE void store(float* p, Floats a, int64_t count) { _mm512_mask_storeu_ps(p, first(count), a); }
GPTLAB_INLINE void prefetch(const float* p) { _mm_prefetch(reinterpret_cast<const char*>(p), _MM_HINT_T0); }

GPTLAB_INLINE Floats add(Floats a, Floats b) { return _mm512_add_ps(a, b); }
GPTLAB_INLINE Floats subtract(Floats a, Floats b) { return _mm512_sub_ps(a, b); }
GPTLAB_INLINE Floats multiply(Floats a, Floats b) { return _mm512_mul_ps(a, b); }
GPTLAB_INLINE Floats divide(Floats a, Floats b) { return _mm512_div_ps(a, b); }
GPTLAB_INLINE Floats root(Floats a) { return _mm512_sqrt_ps(a); }
GPTLAB_INLINE Floats multiply_add(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }
GPTLAB_INLINE Floats greater(Floats a, Floats b) { return _mm512_max_ps(a, b); }
GPTLAB_INLINE Floats absolute(Floats a) { return _mm512_abs_ps(a); }
GPTLAB_INLINE Lanes less(Floats a, Floats b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
GPTLAB_INLINE Floats select(Lanes lanes, Floats a, Floats b) { return _mm512_mask_blend_ps(lanes, b, a); }

GPTLAB_INLINE float sum(Floats a) {
  const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
  __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  four = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(four, _mm_movehdup_ps(four)));
}
GPTLAB_INLINE float greatest(Floats a) {
  const __m256 eight = _mm256_max_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
  __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  four = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(four, _mm_movehdup_ps(four)));
}

GPTLAB_INLINE Integers as_integers(Floats a) { return _mm512_castps_si512(a); }
GPTLAB_INLINE Floats as_floats(Integers a) { return _mm512_castsi512_ps(a); }
GPTLAB_INLINE Integers fill_integers(uint32_t x) { return _mm512_set1_epi32(static_cast<int>(x)); }
GPTLAB_INLINE Integers counting() { return _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15); }
GPTLAB_INLINE Integers add_integers(Integers a, Integers b) { return _mm512_add_epi32(a, b); }
GPTLAB_INLINE Integers multiply_integers(Integers a, Integers b) { return _mm512_mullo_epi32(a, b); }
GPTLAB_INLINE Integers exclusive_or(Integers a, Integers b) { return _mm512_xor_si512(a, b); }
template <int bits>
GPTLAB_INLINE Integers shift_left(Integers a) {
  return _mm512_slli_epi32(a, bits);
}
template <int bits>
GPTLAB_INLINE Integers shift_right(Integers a) {
  return _mm512_srli_epi32(a, bits);
}
GPTLAB_INLINE Lanes at_least(Integers a, Integers b) { return _mm512_cmpge_epu32_mask(a, b); }

GPTLAB_INLINE void transpose(Floats (&r)[kWidth]) {
  Floats t[kWidth];
  // Pairs of rows, then fours, then halves of registers.
  GPTLAB_UNROLL
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
  }
  GPTLAB_UNROLL
  for (int i = 0; i < 16; i += 4) {
    r[i] = _mm512_shuffle_ps(t[i], t[i + 2], 0x44);
    r[i + 1] = _mm512_shuffle_ps(t[i], t[i + 2], 0xee);
    r[i + 2] = _mm512_shuffle_ps(t[i + 1], t[i + 3], 0x44);
    r[i + 3] = _mm512_shuffle_ps(t[i + 1], t[i + 3], 0xee);
  }
  GPTLAB_UNROLL
  for (int i = 0; i < 4; i++) {
    t[i] = _mm512_shuffle_f32x4(r[i], r[i + 4], 0x88);
    t[i + 4] = _mm512_shuffle_f32x4(r[i], r[i + 4], 0xdd);
    t[i + 8] = _mm512_shuffle_f32x4(r[i + 8], r[i + 12], 0x88);
    t[i + 12] = _mm512_shuffle_f32x4(r[i + 8], r[i + 12], 0xdd);
  }
  GPTLAB_UNROLL
  for (int i = 0; i < 4; i++) {
    r[i] = _mm512_shuffle_f32x4(t[i], t[i + 8], 0x88);
    r[i + 8] = _mm512_shuffle_f32x4(t[i], t[i + 8], 0xdd);
    r[i + 4] = _mm512_shuffle_f32x4(t[i + 4], t[i + 12], 0x88);
    r[i + 12] = _mm512_shuffle_f32x4(t[i + 4], t[i + 12], 0xdd);
  }
}

}  // namespace
}  // namespace gptlab
