#include "vector_neon.h"
#include "simd_table.h"

namespace gptlab {

const Kernels kNeonKernels = table(Simd::neon);

}  // namespace gptlab
