#include <algorithm>
#include <cmath>
#include <string>

#include "failure.h"
#include "plan_state.h"

namespace gptlab {
namespace {

/** A stream that is being decoded. */
struct Stream {
  /** Tokens that no pass has taken yet, from `fed` on. */
  std::vector<int32_t> tokens;
  size_t fed = 0;
  size_t prompt = 0;
  Random random;
  bool done = false;
  std::vector<float> log_probabilities;
};

/** A row of a pass whose logits are drawn from. */
struct Draw {
  int64_t row;
  size_t stream;
  int32_t token;
  float log_probability;
};

/** Draws from softmax(logits / temperature) by inverting the cumulative sum in order of tokens. */
void draw(const Kernels& kernels, const float* logits, int64_t vocabulary, double temperature, double uniform, float* scratch, Draw& out) {
  const double sum = kernels.exponentials(vocabulary, logits, static_cast<float>(1 / temperature), scratch);
  const double target = uniform * sum;
  double cumulative = 0;
  int64_t token = 0;
  for (int64_t j = 0; j < vocabulary; j++) {
    if (scratch[j] <= 0) continue;
    cumulative += scratch[j];
    token = j;
    if (target < cumulative) break;
  }
  out.token = static_cast<int32_t>(token);
  out.log_probability = static_cast<float>(std::log(scratch[token] / sum));
}

void check(const GenerateOptions& options, int64_t streams, int64_t context) {
  if (streams == 0) throw Failure("engine-input", "Expected a plan with room for streams but this one was compiled for none. Compile it with `streams`.").with("input", "prompts");
  if (options.prompts.empty() || static_cast<int64_t>(options.prompts.size()) > streams)
    throw Failure("engine-input", "Expected from 1 to " + std::to_string(streams) + " prompts but received " + std::to_string(options.prompts.size()) + ".")
        .with("input", "prompts")
        .with("expected", static_cast<double>(streams))
        .with("received", static_cast<double>(options.prompts.size()));
  // The kernels divide in 32 bits.
  if (!(options.temperature > 0) || !std::isfinite(options.temperature) || !std::isfinite(static_cast<float>(1 / options.temperature)))
    throw Failure("engine-input", "Expected a temperature above 0 but received " + std::to_string(options.temperature) + ".").with("input", "temperature");
  if (options.max_tokens < 1) throw Failure("engine-input", "Expected at least one token to generate but received " + std::to_string(options.max_tokens) + ".").with("input", "maxTokens");
  for (const auto& prompt : options.prompts) {
    if (prompt.empty()) throw Failure("engine-input", "Expected prompts of one token or more but received an empty one.").with("input", "prompts");
    if (static_cast<int64_t>(prompt.size()) > context)
      throw Failure("context-too-long", "Expected prompts of at most " + std::to_string(context) + " tokens, the model's context, but received " + std::to_string(prompt.size()) + ".")
          .with("context", static_cast<double>(context))
          .with("length", static_cast<double>(prompt.size()));
  }
}

}  // namespace

/**
 * Each pass takes rows of all streams: what is left of their prompts, or the token drawn last. A row's
 * arithmetic does not depend on the rows beside it, so neither does what a stream says.
 */
Generated Plan::generate(const GenerateOptions& options, const std::function<bool()>& stop) {
  State& s = *state_;
  const int64_t context = s.graph.context;
  check(options, s.options.streams, context);
  const Value* const logits = s.output("logits").value;
  const int64_t vocabulary = logits->columns;

  std::vector<Stream> streams(options.prompts.size());
  std::vector<int32_t> all;
  for (size_t i = 0; i < streams.size(); i++) {
    streams[i].tokens = options.prompts[i];
    streams[i].prompt = options.prompts[i].size();
    streams[i].random = Random(options.seed, i);
    all.insert(all.end(), options.prompts[i].begin(), options.prompts[i].end());
  }
  s.check_tokens(std::move(all));
  prepare();

  s.step.training = false;
  const size_t capacity = static_cast<size_t>(s.compiler.decode_rows);
  std::vector<std::vector<float>> scratch(static_cast<size_t>(s.options.threads), std::vector<float>(static_cast<size_t>(vocabulary)));
  std::vector<Draw> draws;
  while (!stop()) {
    s.decoding.tokens.clear();
    s.decoding.positions.clear();
    s.decoding.streams.clear();
    draws.clear();
    for (size_t i = 0; i < streams.size(); i++) {
      Stream& stream = streams[i];
      while (!stream.done && stream.fed < stream.tokens.size() && s.decoding.tokens.size() < capacity) {
        s.decoding.tokens.push_back(stream.tokens[stream.fed]);
        s.decoding.positions.push_back(static_cast<int32_t>(stream.fed));
        s.decoding.streams.push_back(static_cast<int32_t>(i));
        stream.fed++;
        if (stream.fed == stream.tokens.size()) draws.push_back({static_cast<int64_t>(s.decoding.tokens.size()) - 1, i, 0, 0});
      }
    }
    if (s.decoding.tokens.empty()) break;
    s.decoding.rows = static_cast<int64_t>(s.decoding.tokens.size());
    s.pool.run([&](int thread) {
      s.pack(thread);
      s.decoder.run(s.step.partition, s.pool, thread);
      s.pool.barrier();
      const size_t count = draws.size(), threads = static_cast<size_t>(s.options.threads), self = static_cast<size_t>(thread);
      for (size_t i = count * self / threads; i < count * (self + 1) / threads; i++)
        draw(s.kernels, logits->decoded->data + draws[i].row * vocabulary, vocabulary, options.temperature, streams[draws[i].stream].random.uniform(), scratch[self].data(), draws[i]);
    });
    s.packs_stale = false;
    for (const Draw& drawn : draws) {
      Stream& stream = streams[drawn.stream];
      stream.tokens.push_back(drawn.token);
      stream.log_probabilities.push_back(drawn.log_probability);
      const bool ended = std::find(options.end_tokens.begin(), options.end_tokens.end(), drawn.token) != options.end_tokens.end();
      // The token drawn after a full context is the last: there is no position to read it at.
      stream.done = ended || static_cast<int64_t>(stream.tokens.size() - stream.prompt) >= options.max_tokens || static_cast<int64_t>(stream.tokens.size()) > context;
    }
  }

  for (size_t i = 0; i < streams.size(); i++) s.cached[i] = static_cast<int64_t>(streams[i].fed);

  Generated generated;
  for (Stream& stream : streams) {
    generated.tokens.emplace_back(stream.tokens.begin() + static_cast<std::ptrdiff_t>(stream.prompt), stream.tokens.end());
    generated.log_probabilities.push_back(std::move(stream.log_probabilities));
  }
  return generated;
}

}  // namespace gptlab
