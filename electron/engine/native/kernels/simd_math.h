/** Exponential, GELU and dropout masks of a vector. Included after the vectors of an instruction set. */
#pragma once

#include "kernels.h"

namespace gptlab {
namespace {

GPTLAB_INLINE int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
GPTLAB_INLINE int64_t most(int64_t a, int64_t b) { return a > b ? a : b; }

/**
 * eˣ for x ≤ 0, to 1 in the last place or so; 0 below −87; what is not a number stays so.
 *
 * x = n·ln 2 + r, |r| ≤ ln 2 / 2; the polynomial for eʳ is Cephes' expf. Adding 1.5·2²³ rounds to a whole
 * number and leaves it in the low bits, from where it moves into the exponent.
 */
GPTLAB_INLINE Floats exponential(Floats x) {
  const Floats magic = fill(12582912.0f);
  const Floats shifted = multiply_add(x, fill(1.44269504088896341f), magic);
  const Floats n = subtract(shifted, magic);
  Floats r = multiply_add(n, fill(-0.693359375f), x);
  r = multiply_add(n, fill(2.12194440e-4f), r);
  Floats p = fill(1.9875691500e-4f);
  p = multiply_add(p, r, fill(1.3981999507e-3f));
  p = multiply_add(p, r, fill(8.3334519073e-3f));
  p = multiply_add(p, r, fill(4.1665795894e-2f));
  p = multiply_add(p, r, fill(1.6666665459e-1f));
  p = multiply_add(p, r, fill(5.0000001201e-1f));
  p = multiply_add(p, multiply(r, r), add(r, fill(1)));
  const Floats scaled = as_floats(add_integers(as_integers(p), shift_left<23>(as_integers(shifted))));
  return select(less(x, fill(-87.0f)), zeros(), scaled);
}

/**
 * x·Φ(x) and, where asked for, its derivative Φ(x) + x·φ(x); within 4·10⁻⁷.
 *
 * With e = exp(−x²/2), 1 − Φ(|x|) = e·P(t)/2 where t = 1/(1 + 0.395·|x|/√2) and P is a polynomial of degree 6,
 * fitted so that the error of x·Φ(x) is below 7·10⁻⁹ before rounding: the form of Abramowitz and Stegun 7.1.26.
 */
GPTLAB_INLINE Floats gelu(Floats x, Floats* derivative) {
  const Floats a = absolute(x);
  const Floats e = exponential(multiply(multiply(x, fill(-0.5f)), x));
  const Floats t = divide(fill(1), multiply_add(a, fill(0.395f * 0.70710678f), fill(1)));
  // Coefficients of P/2.
  Floats p = fill(-0.10820072f);
  p = multiply_add(p, t, fill(0.40286265f));
  p = multiply_add(p, t, fill(-0.25692496f));
  p = multiply_add(p, t, fill(0.28344157f));
  p = multiply_add(p, t, fill(0.061769113f));
  p = multiply_add(p, t, fill(0.11705233f));
  const Floats tail = multiply(multiply(p, t), e);
  if (derivative) *derivative = multiply_add(multiply(x, e), fill(0.39894228040143268f), select(less(x, zeros()), tail, subtract(fill(1), tail)));
  return subtract(greater(zeros(), x), multiply(a, tail));
}

/** Which elements the mask keeps: `mask_bits` of random.h on each lane. */
GPTLAB_INLINE Lanes kept(const Mask& mask, Integers elements) {
  const Integers low = fill_integers(static_cast<uint32_t>(mask.key)), high = fill_integers(static_cast<uint32_t>(mask.key >> 32));
  Integers h = exclusive_or(elements, low);
  h = multiply_integers(exclusive_or(h, shift_right<16>(h)), fill_integers(0x7feb352du));
  h = add_integers(multiply_integers(exclusive_or(h, shift_right<15>(h)), fill_integers(0x846ca68bu)), high);
  h = multiply_integers(exclusive_or(h, shift_right<16>(h)), fill_integers(0x21f0aaadu));
  return at_least(exclusive_or(h, shift_right<15>(h)), fill_integers(mask.threshold));
}

/** x where the mask keeps it, scaled; 0 elsewhere. */
GPTLAB_INLINE Floats masked(const Mask& mask, Integers elements, Floats x) {
  return select(kept(mask, elements), multiply(x, fill(mask.scale)), zeros());
}

}  // namespace
}  // namespace gptlab
