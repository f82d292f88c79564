/** A plan as a JavaScript object: calls are queued on the plan's own driver thread and answered by promises. */
#pragma once

#include <napi.h>

namespace gptlab {

/** compile(spec): see `NativeSpec` in native.ts. */
Napi::Value compile(const Napi::CallbackInfo& info);
void define_plan(Napi::Env env);

}  // namespace gptlab
