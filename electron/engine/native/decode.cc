#include <algorithm>
#include <cstring>
#include <string>

#include "failure.h"
#include "plan_state.h"

namespace gptlab {
namespace {

Failure refuse(const char* input, const std::string& message) {
  Failure failure("engine-input", message);
  failure.with("input", input);
  return failure;
}

}  // namespace

/** What each stream would hold after these rows. @throws Failure for rows that do not follow what the streams hold. */
std::vector<int64_t> Plan::State::follow(const DecodeRows& rows) const {
  const size_t count = rows.tokens.size();
  if (options.streams == 0) throw refuse("streams", "Expected a plan with room for streams but this one was compiled for none. Compile it with `streams`.");
  if (count == 0 || rows.streams.size() != count || rows.positions.size() != count)
    throw refuse("tokens", "Expected a stream, a position and a token for each of one row or more but received " + std::to_string(rows.streams.size()) + ", " +
                               std::to_string(rows.positions.size()) + " and " + std::to_string(count) + ".");
  std::vector<int64_t> held = cached;
  std::vector<bool> seen(held.size());
  for (size_t row = 0; row < count; row++) {
    const int64_t stream = rows.streams[row], position = rows.positions[row];
    if (stream < 0 || stream >= options.streams)
      throw refuse("streams", "Expected streams from 0 to " + std::to_string(options.streams - 1) + " but received " + std::to_string(stream) + ".")
          .with("expected", static_cast<double>(options.streams))
          .with("received", static_cast<double>(stream));
    if (position >= graph.context)
      throw Failure("context-too-long", "Expected positions below " + std::to_string(graph.context) + ", the model's context, but received " + std::to_string(position) + ".")
          .with("context", static_cast<double>(graph.context))
          .with("length", static_cast<double>(position + 1));
    // A stream may go back, but only with its first row of the call: the rows of a call are computed together.
    const size_t s = static_cast<size_t>(stream);
    if (position < 0 || (seen[s] ? position != held[s] : position > held[s]))
      throw refuse("positions", "Expected " + std::string(seen[s] ? "position " : "a position from 0 to ") + std::to_string(held[s]) + " of stream " + std::to_string(stream) +
                                    ", which holds " + std::to_string(held[s]) + " tokens, but received " + std::to_string(position) + ".")
          .with("expected", static_cast<double>(held[s]))
          .with("received", static_cast<double>(position));
    held[s] = position + 1;
    seen[s] = true;
  }
  return held;
}

void Plan::State::check_tokens(std::vector<int32_t> tokens) {
  Batch batch(graph.inputs.size());
  batch[compiler.input("tokens", true)].integers = std::move(tokens);
  for (const Operation* operation : output("logits").operations) operation->check(batch);
}

void Plan::decode(const DecodeRows& rows, float* out, const std::function<bool()>& stop) {
  State& s = *state_;
  std::vector<int64_t> held = s.follow(rows);
  const Value* const logits = s.output("logits").value;
  s.check_tokens(rows.tokens);
  prepare();
  s.step.training = false;
  const size_t count = rows.tokens.size(), capacity = static_cast<size_t>(s.compiler.decode_rows);
  for (size_t first = 0; first < count && !stop(); first += capacity) {
    const auto begin = static_cast<std::ptrdiff_t>(first), end = static_cast<std::ptrdiff_t>(std::min(count, first + capacity));
    s.decoding.tokens.assign(rows.tokens.begin() + begin, rows.tokens.begin() + end);
    s.decoding.positions.assign(rows.positions.begin() + begin, rows.positions.begin() + end);
    s.decoding.streams.assign(rows.streams.begin() + begin, rows.streams.begin() + end);
    s.decoding.rows = end - begin;
    s.pool.run([&](int thread) {
      s.pack(thread);
      s.decoder.run(s.step.partition, s.pool, thread);
    });
    s.packs_stale = false;
    std::memcpy(out + begin * logits->columns, logits->decoded->data, static_cast<size_t>(s.decoding.rows * logits->columns) * sizeof(float));
  }
  s.cached = std::move(held);
}

}  // namespace gptlab
