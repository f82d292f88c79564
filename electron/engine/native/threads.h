/**
 * A plan's own threads.
 *
 * The caller of `run` is thread 0. Waiting threads spin first, because the next stage is microseconds
 * away, and sleep when nothing comes; with `spin` off, or with more threads than the machine has, they
 * sleep at once. What is computed never depends on how they wait.
 */
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace gptlab {

/** A counter that threads wait on until it moves. */
class Gate {
 public:
  explicit Gate(int64_t spin_nanoseconds) : spin_nanoseconds_(spin_nanoseconds) {}
  uint32_t epoch() const { return epoch_.load(std::memory_order_acquire); }
  /** Moves the counter and wakes whoever sleeps. */
  void open();
  /** Returns when the counter is no longer `seen`. */
  void wait(uint32_t seen);

 private:
  const int64_t spin_nanoseconds_;
  alignas(64) std::atomic<uint32_t> epoch_{0};
  alignas(64) std::atomic<int> sleepers_{0};
  std::mutex mutex_;
  std::condition_variable moved_;
};

class ThreadPool {
 public:
  ThreadPool(int threads, bool spin);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return threads_; }

  /** Calls work(thread) on every thread and returns when all have finished. `work` must not throw. */
  template <class Work>
  void run(const Work& work) {
    run(&work, [](const void* context, int thread) { (*static_cast<const Work*>(context))(thread); });
  }

  /** Inside `run`: returns when every thread has come here; what each wrote before, all see after. */
  void barrier() {
    if (threads_ > 1) meet();
  }

 private:
  using Call = void (*)(const void* context, int thread);
  void run(const void* context, Call call);
  void meet();
  void serve(int thread);

  const int threads_;
  Gate start_;
  Gate met_;
  alignas(64) std::atomic<int> arrived_{0};
  const void* context_ = nullptr;
  Call call_ = nullptr;
  bool stopping_ = false;
  std::vector<std::thread> workers_;
};

}  // namespace gptlab
