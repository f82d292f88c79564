/**
 * Seeded random numbers: SplitMix64 for seeding, xoshiro256** for drawing (Blackman and Vigna,
 * https://prng.di.unimi.it), the same sequence as `electron/sampling/random.ts`; and a counter-based
 * hash for dropout masks, which depends on where an element is and not on who computes it.
 */
#pragma once

#include <cstdint>

namespace gptlab {

/** One step of SplitMix64: moves the state and returns a mixed word. */
inline uint64_t split_mix(uint64_t& state) {
  state += 0x9e3779b97f4a7c15ull;
  uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

class Random {
 public:
  Random() : Random(0, 0) {}
  /** Words from SplitMix64 started at seed + stream·2^32. */
  Random(uint64_t seed, uint64_t stream) {
    uint64_t state = seed + (stream << 32);
    for (uint64_t& word : words_) word = split_mix(state);
  }

  /** Uniform in [0, 1), 53 bits. */
  double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

 private:
  static uint64_t rotate(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }
  uint64_t next() {
    const uint64_t result = rotate(words_[1] * 5, 7) * 9;
    const uint64_t t = words_[1] << 17;
    words_[2] ^= words_[0];
    words_[3] ^= words_[1];
    words_[1] ^= words_[2];
    words_[0] ^= words_[3];
    words_[2] ^= t;
    words_[3] = rotate(words_[3], 45);
    return result;
  }
  uint64_t words_[4];
};

/** Key of a dropout mask: one for each seed, step and node. */
inline uint64_t mask_key(uint64_t seed, uint64_t step, uint64_t node) {
  uint64_t state = seed;
  state ^= split_mix(state) + step;
  state ^= split_mix(state) + node;
  return split_mix(state);
}

/** 32 even bits for an element: lowbias32 (Wellons, https://nullprogram.com/blog/2018/07/31/), keyed before and between its rounds. */
inline uint32_t mask_bits(uint64_t key, uint32_t element) {
  uint32_t h = element ^ static_cast<uint32_t>(key);
  h = (h ^ (h >> 16)) * 0x7feb352du;
  h = (h ^ (h >> 15)) * 0x846ca68bu + static_cast<uint32_t>(key >> 32);
  h = (h ^ (h >> 16)) * 0x21f0aaadu;
  return h ^ (h >> 15);
}

}  // namespace gptlab
