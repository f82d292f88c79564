#include "vector_avx512.h"
#include "simd_table.h"

namespace gptlab {

const Kernels kAvx512Kernels = table(Simd::avx512);

}  // namespace gptlab
