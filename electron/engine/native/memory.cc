#include "memory.h"

#include <algorithm>
#include <numeric>
#include <string>

#include "failure.h"

#if defined(_WIN32)
#define NOMINMAX
#include <windows.h>
#else
#include <sys/mman.h>
#endif

namespace gptlab {
namespace {

constexpr int64_t kHugePage = 2 << 20;

[[noreturn]] void refuse(int64_t bytes) {
  throw Failure("engine-memory", "Expected " + std::to_string(bytes >> 20) +
                                     " MB of free memory for training this model but the machine has less. Choose a smaller batch, "
                                     "context or model.")
      .with("megabytes", static_cast<double>(bytes >> 20));
}

}  // namespace

// Pages come from the system zeroed and are not touched here: the plan's own threads do that.
Block::Block(int64_t floats) {
  bytes_ = round_up(std::max<int64_t>(floats, kLine) * 4, kHugePage);
#if defined(_WIN32)
  base_ = VirtualAlloc(nullptr, static_cast<size_t>(bytes_), MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
  if (!base_) refuse(bytes_);
  data_ = static_cast<float*>(base_);
#else
  base_ = mmap(nullptr, static_cast<size_t>(bytes_ + kHugePage), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (base_ == MAP_FAILED) refuse(bytes_);
  data_ = reinterpret_cast<float*>(round_up(reinterpret_cast<int64_t>(base_), kHugePage));
#if defined(__linux__)
  if (floats * 4 >= kHugePage) madvise(data_, static_cast<size_t>(bytes_), MADV_HUGEPAGE);
#endif
#endif
}

Block::~Block() {
#if defined(_WIN32)
  VirtualFree(base_, 0, MEM_RELEASE);
#else
  munmap(base_, static_cast<size_t>(bytes_ + kHugePage));
#endif
}

std::vector<int64_t> place(const std::vector<Lifetime>& buffers) {
  std::vector<size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return buffers[a].floats > buffers[b].floats; });

  std::vector<int64_t> offsets(buffers.size() + 1, 0);
  std::vector<size_t> placed;
  int64_t total = 0;
  for (const size_t index : order) {
    const Lifetime& buffer = buffers[index];
    const int64_t size = round_up(buffer.floats, kLine);
    std::vector<std::pair<int64_t, int64_t>> taken;
    for (const size_t other : placed) {
      const Lifetime& neighbour = buffers[other];
      if (neighbour.first <= buffer.last && buffer.first <= neighbour.last)
        taken.emplace_back(offsets[other], offsets[other] + round_up(neighbour.floats, kLine));
    }
    std::sort(taken.begin(), taken.end());
    int64_t offset = 0;
    for (const auto& [begin, end] : taken) {
      if (begin - offset >= size) break;
      offset = std::max(offset, end);
    }
    offsets[index] = offset;
    placed.push_back(index);
    total = std::max(total, offset + size);
  }
  offsets.back() = total;
  return offsets;
}

}  // namespace gptlab
