#pragma once

#include "kernels.h"

namespace gptlab {

extern const Kernels kReferenceKernels;

}  // namespace gptlab
