/** A graph and options from JavaScript objects to plain C++. */
#pragma once

#include <napi.h>

#include "graph.h"
#include "plan.h"

namespace gptlab {

GraphSpec read_graph(const Napi::Object& graph);
Options read_options(const Napi::Object& options);
/** @throws Failure `engine-simd` for an unknown name. */
Simd simd_of(const std::string& name);
const char* name_of(Simd simd);

}  // namespace gptlab
