/** What a plan holds. Private to the files that implement `Plan`. */
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
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

/** A named value of the graph, and what it takes to compute it. */
struct Output {
  const Value* value = nullptr;
  std::vector<const Operation*> operations;
  /** Places of the inputs that it depends on. */
  std::vector<size_t> inputs;
  Program program;
};

struct Plan::State {
  State(const GraphSpec& graph, const Options& options);

  void compile();
  void place_parameters();
  void place_buffers();
  void link_programs();

  /** Points the step at sequences of the inputs, from `first` on, and at the shape of them; inputs that are not there stay null. */
  void bind(const Batch& batch, int64_t first, int64_t sequences, int64_t length);
  /** @returns number of batches of sequences of `length`. @throws Failure for missing values, wrong lengths and tokens out of range. */
  int64_t check(const Batch& batch, int64_t length) const;
  /** Sets the mean's divisor. @throws Failure for a batch in which nothing counts */
  void count_rows();
  double loss() const;
  /** @throws Failure `engine-input` when the graph has no such output. */
  const Output& output(const std::string& name) const;
  /** Which operations' values and which inputs an output needs, by name. */
  std::set<std::string> needs(const std::string& value) const;
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
  /** Where the forward stages of each operation end. */
  std::vector<size_t> forward_ends;
  Program packing, training, evaluation, decoder;
  std::map<std::string, Output> outputs;

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
