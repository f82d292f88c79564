#include "vector_avx2.h"
#include "simd_table.h"

namespace gptlab {

const Kernels kAvx2Kernels = table(Simd::avx2);

}  // namespace gptlab
