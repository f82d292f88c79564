#include "machine.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <set>
#include <string>
#include <thread>

#include "failure.h"
#include "graph_reader.h"
#include "kernels/kernels.h"
#include "threads.h"

#if defined(__APPLE__)
#include <sys/sysctl.h>
#elif defined(_WIN32)
#define NOMINMAX
#include <windows.h>

#include <vector>
#endif

namespace gptlab {
namespace {

int physical_cores() {
  const int logical = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
#if defined(__linux__)
  // Threads of one core share its list of siblings.
  std::set<std::string> cores;
  for (int cpu = 0; cpu < 4096; cpu++) {
    std::ifstream file("/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list");
    std::string siblings;
    if (!std::getline(file, siblings)) break;
    cores.insert(siblings);
  }
  return cores.empty() ? logical : std::min(logical, static_cast<int>(cores.size()));
#elif defined(__APPLE__)
  int cores = 0;
  size_t size = sizeof cores;
  return sysctlbyname("hw.physicalcpu", &cores, &size, nullptr, 0) == 0 && cores > 0 ? cores : logical;
#elif defined(_WIN32)
  DWORD bytes = 0;
  GetLogicalProcessorInformation(nullptr, &bytes);
  std::vector<SYSTEM_LOGICAL_PROCESSOR_INFORMATION> list(bytes / sizeof(SYSTEM_LOGICAL_PROCESSOR_INFORMATION));
  if (list.empty() || !GetLogicalProcessorInformation(list.data(), &bytes)) return logical;
  const auto cores = std::count_if(list.begin(), list.end(), [](const auto& entry) { return entry.Relationship == RelationProcessorCore; });
  return cores > 0 ? static_cast<int>(cores) : logical;
#else
  return logical;
#endif
}

class PeakWorker : public Napi::AsyncWorker {
 public:
  PeakWorker(Napi::Env env, Simd simd, int threads) : Napi::AsyncWorker(env), promise(Napi::Promise::Deferred::New(env)), simd_(simd), threads_(threads) {}
  void Execute() override {
    const Kernels& table = kernels(simd_);
    ThreadPool pool(threads_, true);
    for (int burst = 0; burst < 12; burst++) {
      std::vector<double> operations(static_cast<size_t>(threads_));
      const auto start = std::chrono::steady_clock::now();
      pool.run([&](int thread) { operations[static_cast<size_t>(thread)] = table.peak(200'000); });
      const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      double sum = 0;
      for (const double part : operations) sum += part;
      best_ = std::max(best_, sum / seconds / 1e9);
    }
  }
  void OnOK() override { promise.Resolve(Napi::Number::New(Env(), best_)); }
  void OnError(const Napi::Error& error) override { promise.Reject(error.Value()); }
  const Napi::Promise::Deferred promise;

 private:
  const Simd simd_;
  const int threads_;
  double best_ = 0;
};

}  // namespace

Napi::Value describe_machine(const Napi::CallbackInfo& info) {
  Napi::Object machine = Napi::Object::New(info.Env());
  Napi::Array simds = Napi::Array::New(info.Env());
  for (const Simd simd : {Simd::avx512, Simd::avx2, Simd::neon, Simd::portable, Simd::reference})
    if (can_run(simd)) simds.Set(simds.Length(), name_of(simd));
  machine.Set("simds", simds);
  machine.Set("cores", physical_cores());
  return machine;
}

Napi::Value measure_peak(const Napi::CallbackInfo& info) {
  auto* const worker = new PeakWorker(info.Env(), simd_of(info[0].ToString().Utf8Value()), std::max(1, info[1].ToNumber().Int32Value()));
  worker->Queue();
  return worker->promise.Promise();
}

}  // namespace gptlab
