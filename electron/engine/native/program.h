/** Stages, what they touch, how they are split among threads, and where threads must wait for each other. */
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "threads.h"

namespace gptlab {

/** Floats that stages write and read. Placed by lifetime, or pinned for the plan's whole life. */
struct Buffer {
  int64_t floats = 0;
  float* data = nullptr;
  bool pinned = false;
};

/** How a stage's work is cut. */
enum class Split {
  /** By rows (positions of the batch), in whole row blocks. */
  rows,
  /** By sequence × head. */
  pairs,
  /** By the stage's own units: columns of a weight, segments of the parameters. */
  units,
};

/** The part of a stage's work that one thread does. */
struct Slice {
  int64_t begin;
  int64_t end;
  int thread;
  /** Index of the row block that `begin` opens (rows only). */
  int64_t block;
};

struct Access {
  const Buffer* buffer;
  bool write;
};

/** Passes that a stage belongs to. */
enum class When { always, inference };

struct Stage {
  const char* name;
  Split split;
  /** Units of work (units only). */
  int64_t units;
  std::vector<Access> accesses;
  std::function<void(const Slice&)> work;
  When when = When::always;
};

/**
 * Rows of a batch in blocks of a fixed size that depends on the shape alone: at most kBlockRows rows
 * of one sequence, or several whole sequences where they are short. Sums over rows (gradients of
 * norms, loss) are taken within blocks and combined in the order of blocks.
 */
class RowBlocks {
 public:
  static constexpr int64_t kBlockRows = 32;
  RowBlocks() = default;
  RowBlocks(int64_t sequences, int64_t length);
  int64_t count() const { return count_; }
  int64_t begin(int64_t block) const;
  int64_t end(int64_t block) const;
  static int64_t most(int64_t sequences, int64_t length) { return RowBlocks(sequences, length).count(); }

 private:
  int64_t sequences_ = 0, length_ = 0, per_sequence_ = 0, sequences_per_block_ = 0, count_ = 0;
};

/** How the rows and pairs of a shape are shared out among threads. */
class Partition {
 public:
  Partition() = default;
  Partition(int64_t sequences, int64_t length, int threads);
  const RowBlocks& blocks() const { return blocks_; }
  /** Every thread has whole sequences, so a pair belongs to the thread of its rows. */
  bool whole_sequences() const { return whole_; }
  Slice slice(Split split, int64_t units, int thread) const;

 private:
  RowBlocks blocks_;
  int64_t sequences_ = 0, length_ = 0;
  int threads_ = 1;
  bool whole_ = true;
};

/** Stages in order, with the barriers that a partition needs between them. */
class Program {
 public:
  Program() = default;
  /** `heads` scales pairs: a stage's `units` is its number of heads where it is split by pairs. */
  explicit Program(std::vector<const Stage*> stages);
  /** Runs the stages on the calling thread of a pool's run; ends without a barrier. */
  void run(const Partition& partition, ThreadPool& pool, int thread) const;
  size_t barriers(bool whole_sequences) const;

 private:
  std::vector<bool> find_barriers(bool whole_sequences) const;
  std::vector<const Stage*> stages_;
  std::vector<bool> barriers_[2];
};

}  // namespace gptlab
