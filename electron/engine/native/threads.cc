#include "threads.h"

#include <chrono>

#if defined(__x86_64__) || defined(_M_X64) || defined(__i386__) || defined(_M_IX86)
#include <immintrin.h>
#define GPTLAB_PAUSE() _mm_pause()
#elif defined(__aarch64__) && (defined(__GNUC__) || defined(__clang__))
#define GPTLAB_PAUSE() __asm__ __volatile__("yield")
#else
#define GPTLAB_PAUSE() std::this_thread::yield()
#endif

namespace gptlab {
namespace {

// Long enough to bridge the uneven end of a stage, short enough not to keep a core from others.
constexpr int64_t kSpinNanoseconds = 200'000;

int64_t spin_time(int threads, bool spin) {
  const unsigned hardware = std::thread::hardware_concurrency();
  // A thread that spins in place of the one it waits for only delays it.
  return spin && threads > 1 && (hardware == 0 || static_cast<unsigned>(threads) <= hardware) ? kSpinNanoseconds : 0;
}

}  // namespace

void Gate::open() {
  epoch_.fetch_add(1, std::memory_order_seq_cst);
  if (sleepers_.load(std::memory_order_seq_cst) > 0) {
    std::lock_guard<std::mutex> lock(mutex_);
    moved_.notify_all();
  }
}

void Gate::wait(uint32_t seen) {
  if (spin_nanoseconds_ > 0) {
    using Clock = std::chrono::steady_clock;
    const auto until = Clock::now() + std::chrono::nanoseconds(spin_nanoseconds_);
    do {
      for (int i = 0; i < 64; i++) {
        if (epoch_.load(std::memory_order_acquire) != seen) return;
        GPTLAB_PAUSE();
      }
    } while (Clock::now() < until);
  }
  std::unique_lock<std::mutex> lock(mutex_);
  // Announced before the counter is read again: either `open` sees the sleeper or the sleeper sees the new count.
  sleepers_.fetch_add(1, std::memory_order_seq_cst);
  moved_.wait(lock, [&] { return epoch_.load(std::memory_order_seq_cst) != seen; });
  sleepers_.fetch_sub(1, std::memory_order_seq_cst);
}

ThreadPool::ThreadPool(int threads, bool spin)
    : threads_(threads), start_(spin_time(threads, spin)), met_(spin_time(threads, spin)) {
  workers_.reserve(static_cast<size_t>(threads - 1));
  for (int thread = 1; thread < threads; thread++) workers_.emplace_back([this, thread] { serve(thread); });
}

ThreadPool::~ThreadPool() {
  stopping_ = true;
  start_.open();
  for (auto& worker : workers_) worker.join();
}

void ThreadPool::run(const void* context, Call call) {
  if (threads_ == 1) return call(context, 0);
  context_ = context;
  call_ = call;
  start_.open();
  call(context, 0);
  meet();
}

void ThreadPool::meet() {
  const uint32_t epoch = met_.epoch();
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads_) {
    arrived_.store(0, std::memory_order_relaxed);
    met_.open();
  } else {
    met_.wait(epoch);
  }
}

void ThreadPool::serve(int thread) {
  uint32_t seen = 0;
  for (;;) {
    start_.wait(seen);
    seen++;
    if (stopping_) return;
    call_(context_, thread);
    meet();
  }
}

}  // namespace gptlab
