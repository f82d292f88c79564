#pragma once

#include <napi.h>

namespace gptlab {

/** machine() → { simds, cores }: kernel sets from best to plainest, and physical cores. */
Napi::Value describe_machine(const Napi::CallbackInfo& info);
/** measurePeak(simd, threads) → promise of GFLOP/s: the best of several short bursts of multiply-adds in registers on all threads at once. */
Napi::Value measure_peak(const Napi::CallbackInfo& info);

}  // namespace gptlab
