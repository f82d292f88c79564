/** The tables of this build. Each fast one is compiled with its own flags from the same templates. */
#pragma once

#include "kernels.h"

namespace gptlab {

extern const Kernels kAvx512Kernels;
extern const Kernels kAvx2Kernels;
extern const Kernels kNeonKernels;
extern const Kernels kPortableKernels;
extern const Kernels kReferenceKernels;

}  // namespace gptlab
