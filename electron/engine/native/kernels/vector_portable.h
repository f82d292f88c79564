/**
 * Vectors of 4 floats in plain C++, for machines without a set of their own; compilers turn the loops
 * into whatever vectors they have. Multiply-adds round twice here, on every machine alike.
 *
 * Each instruction set has such a file with the same names. Functions with a `count` touch only so many
 * lanes in memory, and load zeros into the others.
 */
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "inline.h"

namespace gptlab {
namespace {

/** Lanes of a vector. */
constexpr int64_t kWidth = 4;
/** Accumulators of the micro-kernel: rows × vectors. */
constexpr int kTileRows = 4;
constexpr int kTileVectors = 2;

struct Floats {
  float lane[kWidth];
};
struct Integers {
  uint32_t lane[kWidth];
};
/** Which lanes something holds for. */
struct Lanes {
  bool lane[kWidth];
};

template <class Out, class F>
GPTLAB_INLINE Out each(const F& f) {
  Out out;
  for (int64_t i = 0; i < kWidth; i++) out.lane[i] = f(i);
  return out;
}

/** Lanes below `count`. */
GPTLAB_INLINE Lanes first(int64_t count) {
  return each<Lanes>([=](int64_t i) { return i < count; });
}

GPTLAB_INLINE Floats fill(float x) {
  return each<Floats>([=](int64_t) { return x; });
}
GPTLAB_INLINE Floats zeros() { return fill(0); }
GPTLAB_INLINE Floats load(const float* p) {
  return each<Floats>([=](int64_t i) { return p[i]; });
}
GPTLAB_INLINE Floats load(const float* p, int64_t count) {
  return each<Floats>([=](int64_t i) { return i < count ? p[i] : 0.0f; });
}
GPTLAB_INLINE void store(float* p, Floats a) { std::memcpy(p, a.lane, sizeof a.lane); }
GPTLAB_INLINE void store(float* p, Floats a, int64_t count) { std::memcpy(p, a.lane, static_cast<size_t>(count) * sizeof(float)); }
/** A hint that this line will soon be used. */
GPTLAB_INLINE void prefetch(const float*) {}

GPTLAB_INLINE Floats add(const Floats& a, const Floats& b) {
  return each<Floats>([&](int64_t i) { return a.lane[i] + b.lane[i]; });
}
GPTLAB_INLINE Floats subtract(const Floats& a, const Floats& b) {
  return each<Floats>([&](int64_t i) { return a.lane[i] - b.lane[i]; });
}
GPTLAB_INLINE Floats multiply(const Floats& a, const Floats& b) {
  return each<Floats>([&](int64_t i) { return a.lane[i] * b.lane[i]; });
}
GPTLAB_INLINE Floats divide(const Floats& a, const Floats& b) {
  return each<Floats>([&](int64_t i) { return a.lane[i] / b.lane[i]; });
}
GPTLAB_INLINE Floats root(const Floats& a) {
  return each<Floats>([&](int64_t i) { return std::sqrt(a.lane[i]); });
}
/** a·b + c, rounded once where the machine can. */
GPTLAB_INLINE Floats multiply_add(const Floats& a, const Floats& b, const Floats& c) {
  return each<Floats>([&](int64_t i) { return a.lane[i] * b.lane[i] + c.lane[i]; });
}
/** The greater of each pair; b where one is not a number. */
GPTLAB_INLINE Floats greater(const Floats& a, const Floats& b) {
  return each<Floats>([&](int64_t i) { return a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i]; });
}
GPTLAB_INLINE Floats absolute(const Floats& a) {
  return each<Floats>([&](int64_t i) { return std::fabs(a.lane[i]); });
}
GPTLAB_INLINE Lanes less(const Floats& a, const Floats& b) {
  return each<Lanes>([&](int64_t i) { return a.lane[i] < b.lane[i]; });
}
/** a in the lanes, b elsewhere. */
GPTLAB_INLINE Floats select(const Lanes& lanes, const Floats& a, const Floats& b) {
  return each<Floats>([&](int64_t i) { return lanes.lane[i] ? a.lane[i] : b.lane[i]; });
}
/** Sum of the lanes: halves, then their halves. */
GPTLAB_INLINE float sum(const Floats& a) { return (a.lane[0] + a.lane[2]) + (a.lane[1] + a.lane[3]); }
GPTLAB_INLINE float greatest(const Floats& a) {
  float most = a.lane[0];
  for (int64_t i = 1; i < kWidth; i++) most = a.lane[i] > most ? a.lane[i] : most;
  return most;
}

GPTLAB_INLINE Integers as_integers(const Floats& a) {
  Integers out;
  std::memcpy(&out, &a, sizeof out);
  return out;
}
GPTLAB_INLINE Floats as_floats(const Integers& a) {
  Floats out;
  std::memcpy(&out, &a, sizeof out);
  return out;
}
GPTLAB_INLINE Integers fill_integers(uint32_t x) {
  return each<Integers>([=](int64_t) { return x; });
}
/** 0, 1, 2, … */
GPTLAB_INLINE Integers counting() {
  return each<Integers>([](int64_t i) { return static_cast<uint32_t>(i); });
}
GPTLAB_INLINE Integers add_integers(const Integers& a, const Integers& b) {
  return each<Integers>([&](int64_t i) { return a.lane[i] + b.lane[i]; });
}
GPTLAB_INLINE Integers multiply_integers(const Integers& a, const Integers& b) {
  return each<Integers>([&](int64_t i) { return a.lane[i] * b.lane[i]; });
}
GPTLAB_INLINE Integers exclusive_or(const Integers& a, const Integers& b) {
  return each<Integers>([&](int64_t i) { return a.lane[i] ^ b.lane[i]; });
}
template <int bits>
GPTLAB_INLINE Integers shift_left(const Integers& a) {
  return each<Integers>([&](int64_t i) { return a.lane[i] << bits; });
}
template <int bits>
GPTLAB_INLINE Integers shift_right(const Integers& a) {
  return each<Integers>([&](int64_t i) { return a.lane[i] >> bits; });
}
/** Lanes where a ≥ b, as unsigned numbers. */
GPTLAB_INLINE Lanes at_least(const Integers& a, const Integers& b) {
  return each<Lanes>([&](int64_t i) { return a.lane[i] >= b.lane[i]; });
}

/** Rows of a square become its columns. */
GPTLAB_INLINE void transpose(Floats (&r)[kWidth]) {
  for (int64_t i = 0; i < kWidth; i++)
    for (int64_t j = 0; j < i; j++) {
      const float above = r[j].lane[i];
      r[j].lane[i] = r[i].lane[j];
      r[i].lane[j] = above;
    }
}

}  // namespace
}  // namespace gptlab
