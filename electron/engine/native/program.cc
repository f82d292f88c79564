#include "program.h"

#include <algorithm>

namespace gptlab {

RowBlocks::RowBlocks(int64_t sequences, int64_t length) : sequences_(sequences), length_(length) {
  if (length >= kBlockRows) {
    per_sequence_ = (length + kBlockRows - 1) / kBlockRows;
    sequences_per_block_ = 0;
    count_ = sequences * per_sequence_;
  } else {
    per_sequence_ = 0;
    sequences_per_block_ = kBlockRows / length;
    count_ = (sequences + sequences_per_block_ - 1) / sequences_per_block_;
  }
}

int64_t RowBlocks::begin(int64_t block) const {
  if (per_sequence_ > 0) return block / per_sequence_ * length_ + block % per_sequence_ * kBlockRows;
  return std::min(block * sequences_per_block_, sequences_) * length_;
}

int64_t RowBlocks::end(int64_t block) const { return block + 1 == count_ ? sequences_ * length_ : begin(block + 1); }

namespace {

/** Part of `count` things for a thread: contiguous, as even as can be. */
void share(int64_t count, int threads, int thread, int64_t& begin, int64_t& end) {
  begin = count * thread / threads;
  end = count * (thread + 1) / threads;
}

}  // namespace

Partition::Partition(int64_t sequences, int64_t length, int threads)
    : blocks_(sequences, length), sequences_(sequences), length_(length), threads_(threads) {
  // Whole sequences a thread cost no barrier; they pay while the busiest thread has little more than its share.
  const int64_t group = length >= RowBlocks::kBlockRows ? 1 : RowBlocks::kBlockRows / length;
  const int64_t groups = (sequences + group - 1) / group;
  const int64_t busiest = (groups + threads - 1) / threads;
  whole_ = threads == 1 || static_cast<double>(groups) / (static_cast<double>(busiest) * threads) > 0.88;
}

Slice Partition::slice(Split split, int64_t units, int thread) const {
  Slice slice{0, 0, thread, 0};
  if (split == Split::units || (split == Split::pairs && !whole_)) {
    share(split == Split::units ? units : sequences_ * units, threads_, thread, slice.begin, slice.end);
    return slice;
  }
  int64_t first, last;
  if (whole_) {
    const int64_t group = length_ >= RowBlocks::kBlockRows ? 1 : RowBlocks::kBlockRows / length_;
    share((sequences_ + group - 1) / group, threads_, thread, first, last);
    first = std::min(first * group, sequences_);
    last = std::min(last * group, sequences_);
    if (split == Split::pairs) return {first * units, last * units, thread, 0};
    const int64_t blocks_per_group = length_ >= RowBlocks::kBlockRows ? (length_ + RowBlocks::kBlockRows - 1) / RowBlocks::kBlockRows : 1;
    return {first * length_, last * length_, thread, first / group * blocks_per_group};
  }
  share(blocks_.count(), threads_, thread, first, last);
  if (first == last) return slice;
  return {blocks_.begin(first), blocks_.end(last - 1), thread, first};
}

Program::Program(std::vector<const Stage*> stages) : stages_(std::move(stages)) {
  for (const bool whole : {false, true}) barriers_[whole] = find_barriers(whole);
}

std::vector<bool> Program::find_barriers(bool whole_sequences) const {
  struct Touched {
    const Buffer* buffer;
    bool write;
    int owner;
  };
  std::vector<Touched> touched;
  std::vector<bool> barriers;
  for (size_t index = 0; index < stages_.size(); index++) {
    const Stage& stage = *stages_[index];
    // Stages with equal owners give the same rows to the same thread.
    const int owner = stage.split == Split::rows || (stage.split == Split::pairs && whole_sequences) ? 0
                      : stage.split == Split::pairs                                                  ? 1
                                                                                                     : 2 + static_cast<int>(index);
    const auto clash = [&](const Touched& before) {
      return std::any_of(stage.accesses.begin(), stage.accesses.end(), [&](const Access& access) {
        if (!access.write && !before.write) return false;
        if (access.buffer == before.buffer) return owner != before.owner;
        // Two buffers in one place: rows lie elsewhere in each, whoever owns them.
        return access.buffer->data < before.buffer->data + before.buffer->floats && before.buffer->data < access.buffer->data + access.buffer->floats;
      });
    };
    const bool wait = std::any_of(touched.begin(), touched.end(), clash);
    if (wait) touched.clear();
    barriers.push_back(wait);
    for (const Access& access : stage.accesses) touched.push_back({access.buffer, access.write, owner});
  }
  return barriers;
}

void Program::run(const Partition& partition, ThreadPool& pool, int thread) const {
  const std::vector<bool>& barriers = barriers_[partition.whole_sequences()];
  for (size_t index = 0; index < stages_.size(); index++) {
    if (barriers[index]) pool.barrier();
    const Stage& stage = *stages_[index];
    const Slice slice = partition.slice(stage.split, stage.units, thread);
    if (slice.begin < slice.end) stage.work(slice);
  }
}

size_t Program::barriers(bool whole_sequences) const {
  return static_cast<size_t>(std::count(barriers_[whole_sequences].begin(), barriers_[whole_sequences].end(), true));
}

}  // namespace gptlab
