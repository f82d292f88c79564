/** Vectors of 4 floats for 64-bit ARM. See `vector_portable.h` for what each function means. */
#pragma once

#include <arm_neon.h>

#include <cstdint>

#include "inline.h"

namespace gptlab {
namespace {

constexpr int64_t kWidth = 4;
/** Micro-kernel: 6 × 4 accumulators, four columns and a broadcast element fit the 32 registers. */
constexpr int kTileRows = 6;
constexpr int kTileVectors = 4;

using Floats = float32x4_t;
using Integers = uint32x4_t;
using Lanes = uint32x4_t;

alignas(16) constexpr uint32_t kFirstLanes[8] = {~0u, ~0u, ~0u, ~0u, 0, 0, 0, 0};

GPTLAB_INLINE Lanes first(int64_t count) { return vld1q_u32(kFirstLanes + 4 - count); }

GPTLAB_INLINE Floats zeros() { return vdupq_n_f32(0); }
GPTLAB_INLINE Floats fill(float x) { return vdupq_n_f32(x); }
GPTLAB_INLINE Floats load(const float* p) { return vld1q_f32(p); }
GPTLAB_INLINE Floats load(const float* p, int64_t count) {
  float lanes[kWidth] = {};
  for (int64_t i = 0; i < count; i++) lanes[i] = p[i];
  return vld1q_f32(lanes);
}
GPTLAB_INLINE void store(float* p, Floats a) { vst1q_f32(p, a); }
GPTLAB_INLINE void store(float* p, Floats a, int64_t count) {
  float lanes[kWidth];
  vst1q_f32(lanes, a);
  for (int64_t i = 0; i < count; i++) p[i] = lanes[i];
}
GPTLAB_INLINE void prefetch(const float* p) {
#if defined(__GNUC__)
  __builtin_prefetch(p);
#else
  (void)p;
#endif
}

GPTLAB_INLINE Floats add(Floats a, Floats b) { return vaddq_f32(a, b); }
GPTLAB_INLINE Floats subtract(Floats a, Floats b) { return vsubq_f32(a, b); }
GPTLAB_INLINE Floats multiply(Floats a, Floats b) { return vmulq_f32(a, b); }
GPTLAB_INLINE Floats divide(Floats a, Floats b) { return vdivq_f32(a, b); }
GPTLAB_INLINE Floats root(Floats a) { return vsqrtq_f32(a); }
GPTLAB_INLINE Floats multiply_add(Floats a, Floats b, Floats c) { return vfmaq_f32(c, a, b); }
GPTLAB_INLINE Floats greater(Floats a, Floats b) { return vbslq_f32(vcgtq_f32(a, b), a, b); }
GPTLAB_INLINE Floats absolute(Floats a) { return vabsq_f32(a); }
GPTLAB_INLINE Lanes less(Floats a, Floats b) { return vcltq_f32(a, b); }
GPTLAB_INLINE Floats select(Lanes lanes, Floats a, Floats b) { return vbslq_f32(lanes, a, b); }

GPTLAB_INLINE float sum(Floats a) {
  const float32x2_t two = vadd_f32(vget_low_f32(a), vget_high_f32(a));
  return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}
GPTLAB_INLINE float greatest(Floats a) { return vmaxvq_f32(a); }

GPTLAB_INLINE Integers as_integers(Floats a) { return vreinterpretq_u32_f32(a); }
GPTLAB_INLINE Floats as_floats(Integers a) { return vreinterpretq_f32_u32(a); }
GPTLAB_INLINE Integers fill_integers(uint32_t x) { return vdupq_n_u32(x); }
GPTLAB_INLINE Integers counting() {
  alignas(16) static constexpr uint32_t numbers[kWidth] = {0, 1, 2, 3};
  return vld1q_u32(numbers);
}
// MSVC has one type for all vectors: functions that differ in it alone need names of their own there.
GPTLAB_INLINE Integers add_integers(Integers a, Integers b) { return vaddq_u32(a, b); }
GPTLAB_INLINE Integers multiply_integers(Integers a, Integers b) { return vmulq_u32(a, b); }
GPTLAB_INLINE Integers exclusive_or(Integers a, Integers b) { return veorq_u32(a, b); }
template <int bits>
GPTLAB_INLINE Integers shift_left(Integers a) {
  return vshlq_n_u32(a, bits);
}
template <int bits>
GPTLAB_INLINE Integers shift_right(Integers a) {
  return vshrq_n_u32(a, bits);
}
GPTLAB_INLINE Lanes at_least(Integers a, Integers b) { return vcgeq_u32(a, b); }

GPTLAB_INLINE void transpose(Floats (&r)[kWidth]) {
  const float32x4x2_t low = vtrnq_f32(r[0], r[1]), high = vtrnq_f32(r[2], r[3]);
  r[0] = vcombine_f32(vget_low_f32(low.val[0]), vget_low_f32(high.val[0]));
  r[1] = vcombine_f32(vget_low_f32(low.val[1]), vget_low_f32(high.val[1]));
  r[2] = vcombine_f32(vget_high_f32(low.val[0]), vget_high_f32(high.val[0]));
  r[3] = vcombine_f32(vget_high_f32(low.val[1]), vget_high_f32(high.val[1]));
}

}  // namespace
}  // namespace gptlab
