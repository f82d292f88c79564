#include "kernels.h"
#include "reference.h"

namespace gptlab {

bool can_run(Simd simd) { return simd == Simd::reference || simd == Simd::portable; }

const Kernels& kernels(Simd) { return kReferenceKernels; }

}  // namespace gptlab
