/** Planned memory: one block for everything that is allocated once, and places in it that are reused. */
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gptlab {

/** Floats in a cache line: every place starts on one. */
constexpr int64_t kLine = 16;

inline int64_t round_up(int64_t value, int64_t to) { return (value + to - 1) / to * to; }

/** A zeroed block of floats on huge pages where the system has them; no page is touched yet. */
class Block {
 public:
  /** @throws Failure `engine-memory` when the machine has not so much. */
  explicit Block(int64_t floats);
  ~Block();
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  float* data() const { return data_; }
  int64_t bytes() const { return bytes_; }

 private:
  void* base_;
  float* data_;
  int64_t bytes_;
};

/** A span of stages during which a buffer holds something. */
struct Lifetime {
  int64_t floats;
  int first;
  int last;
};

/**
 * Places for buffers such that two that live at the same time never overlap: largest first, each at
 * the lowest free offset.
 * @returns offsets in floats, in the order given, and the floats needed in all as the last element
 */
std::vector<int64_t> place(const std::vector<Lifetime>& buffers);

}  // namespace gptlab
