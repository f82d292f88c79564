/** What the addon exports: the kernel sets of this machine, the compiler of graphs, the measured peak. */
#include <napi.h>

#include "machine.h"
#include "plan_object.h"

namespace {

Napi::Object exports_of(Napi::Env env, Napi::Object exports) {
  gptlab::define_plan(env);
  exports.Set("machine", Napi::Function::New(env, gptlab::describe_machine));
  exports.Set("compile", Napi::Function::New(env, gptlab::compile));
  exports.Set("measurePeak", Napi::Function::New(env, gptlab::measure_peak));
  return exports;
}

}  // namespace

NODE_API_MODULE(gptlab_engine, exports_of)
