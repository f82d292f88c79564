#include "vector_portable.h"
#include "simd_table.h"

namespace gptlab {

const Kernels kPortableKernels = table(Simd::portable);

}  // namespace gptlab
