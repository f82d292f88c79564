/** The table of an instruction set, from the kernels that were just compiled for it. */
#pragma once

#include "sets.h"
#include "simd_attention.h"
#include "simd_gemm.h"
#include "simd_rows.h"

namespace gptlab {
namespace {

constexpr Kernels table(Simd simd) {
  return {simd, kPanel, packed_floats, pack, gemm, layer_norm, layer_norm_backward, attention_scratch, attention, attention_backward, cached_attention, cross_entropy, log_probabilities, log_probabilities_backward, exponentials, gelu, multiply, add, dropout, column_sums, sum_squares, adamw, peak};
}

}  // namespace
}  // namespace gptlab
