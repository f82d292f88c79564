/**
 * A graph compiled for one batch shape: stages in order of computation, their memory, and the threads
 * that run them.
 *
 * A stage is a piece of work that threads split among themselves without waiting. Between two stages
 * stands a barrier only where one thread reads, or overwrites, what another has touched since the last
 * barrier; `program.h` finds those places. What a stage computes never depends on how it is split:
 * every output element has one accumulator that runs in a fixed order, and sums over rows are taken
 * over fixed blocks of rows and combined in order. So the bits are the same for any number of threads.
 */
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "graph.h"
#include "kernels/kernels.h"
#include "memory.h"
#include "program.h"
#include "threads.h"

namespace gptlab {

struct Options {
  int64_t batch = 1;
  int64_t length = 1;
  int threads = 1;
  bool spin = true;
  Simd simd = Simd::portable;
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0;
  double clip = 0;
  std::set<std::string> decayed;
  uint64_t seed = 0;
  int64_t streams = 0;
};

/** Values of the graph's inputs, in its order; only the vector of the input's type is filled. */
struct InputValues {
  std::vector<int32_t> integers;
  std::vector<float> floats;
};
using Batch = std::vector<InputValues>;

struct GenerateOptions {
  std::vector<std::vector<int32_t>> prompts;
  int64_t max_tokens = 0;
  double temperature = 1;
  uint64_t seed = 0;
  std::vector<int32_t> end_tokens;
};

/** Rows of `decode`: row i is the token at one position of one stream; the rows of a stream rise by one. */
struct DecodeRows {
  std::vector<int32_t> streams, positions, tokens;
};

struct Generated {
  std::vector<std::vector<int32_t>> tokens;
  std::vector<std::vector<float>> log_probabilities;
};

/** Tensors that a plan holds of each parameter. */
enum class Tensor { value, gradient, first_moment, second_moment };

/** All calls throw `Failure` and run on the caller's thread with the plan's helping; one at a time. */
class Plan {
 public:
  /** Plans memory; touches none of it. */
  Plan(const GraphSpec& graph, const Options& options);
  ~Plan();

  const Options& options() const;
  int64_t bytes() const;
  int64_t inputs() const;

  /** Touches all memory once, each thread its part. Called by every other call when it has not been yet. */
  void prepare();

  /**
   * Trains `steps` steps on as many batches. losses and norms have room for `steps`.
   * `stop` is read between steps; a stopped call returns the number of steps done. `watched` names an output of
   * one column, whose rows of every batch go into `seen`; empty for none. Sequences have `length` tokens, at most
   * the planned ones.
   */
  int64_t train(const Batch& batch, const double* learning_rates, int64_t steps, double* losses, double* norms, const std::string& watched, float* seen, int64_t length,
                const std::function<bool()>& stop);
  /** Loss of each of `batches` batches, without dropout. */
  void evaluate(const Batch& batch, int64_t batches, double* losses, const std::function<bool()>& stop);
  /** Columns of each output. */
  std::map<std::string, int64_t> outputs() const;
  /** An output of sequences of `length`, `floats` values in all; inputs that it does not depend on may be empty. */
  void output(const Batch& batch, const std::string& name, int64_t length, float* out, int64_t floats, const std::function<bool()>& stop);
  /** Loss of one batch; gradients stay in `Tensor::gradient`. */
  double gradients(const Batch& batch);
  Generated generate(const GenerateOptions& options, const std::function<bool()>& stop);
  /** Feeds rows into the caches of their streams; logits of every row. */
  void decode(const DecodeRows& rows, float* out, const std::function<bool()>& stop);

  int64_t step() const;
  void set_step(int64_t step);
  /** Copies a tensor of every parameter, in the graph's order, to or from the given places. */
  void read(Tensor tensor, const std::vector<float*>& places);
  void write(Tensor tensor, const std::vector<const float*>& places);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gptlab
