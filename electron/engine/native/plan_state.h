/** What a plan holds. Private to the files that implement `Plan`. */
#pragma once

#include <memory>
#include <vector>

#include "compiler.h"
#include "memory.h"
#include "plan.h"
#include "program.h"
#include "random.h"
#include "threads.h"

namespace gptlab {

/** A piece of one parameter: norms are summed and values updated in pieces of a fixed size. */
struct Segment {
  int64_t offset;
  int64_t floats;
  bool decays;
};

struct Plan::State {
  State(const GraphSpec& graph, const Options& options);

  void compile();
  void place_parameters();
  void place_buffers();
  void link_programs();

  /** Points the step at a batch of the inputs and at the shape of it. */
  void bind(const Batch& batch, int64_t index, int64_t sequences, int64_t length);
  /** @returns number of batches. @throws Failure for missing values, wrong lengths and tokens out of range. */
  int64_t check(const Batch& batch) const;
  /** Every batch has a row that counts; also sets the mean's divisor. */
  void count_rows();
  double loss() const;
  /** The value that holds the logits. */
  const Value* logits();
  /** @throws Failure for tokens out of range. */
  void check_tokens(std::vector<int32_t> tokens);
  std::vector<int64_t> follow(const DecodeRows& rows) const;
  /** Values have changed: packed weights and cached keys no longer belong to them. */
  void values_changed();

  /** Packs weights if they have changed. On every thread of a run, followed by a barrier if it did. */
  void pack(int thread);
  void differentiate(int thread);
  /** Norm of all gradients, from sums of segments in order. */
  double gradient_norm() const;
  void update(int thread, const AdamW& settings);

  Slice segment_share(int thread) const;
  float* first_moment(const Segment& segment) const { return moments->data() + segment.offset; }
  float* second_moment(const Segment& segment) const { return moments->data() + total + segment.offset; }

  const Options options;
  const GraphSpec graph;
  const Kernels& kernels;
  Step step;
  Decoding decoding;
  Compiler compiler;
  ThreadPool pool;

  std::vector<std::unique_ptr<Operation>> operations;
  Operation* loss_operation = nullptr;
  Program packing, training, evaluation, inference, decoder;

  /** Values, gradients; moments; packed weights and caches; activations. */
  std::unique_ptr<Block> values, gradients, moments, fixed, arena;
  /** Floats of all parameters, each rounded up to a line. */
  int64_t total = 0;
  std::vector<Segment> segments;
  std::vector<double> segment_sums;

  /** Positions that the caches of each stream hold. */
  std::vector<int64_t> cached;
  uint64_t steps_done = 0;
  bool prepared = false;
  bool packs_stale = true;
};

}  // namespace gptlab
