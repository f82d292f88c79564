#include <initializer_list>

#include "sets.h"

#if defined(__x86_64__) || defined(_M_X64)
#define GPTLAB_X64 1
#if defined(_MSC_VER)
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#elif defined(__aarch64__) || defined(_M_ARM64)
#define GPTLAB_ARM64 1
#endif

namespace gptlab {
namespace {

#if GPTLAB_X64

struct Registers {
  uint32_t a, b, c, d;
};

Registers cpuid(uint32_t leaf) {
  Registers r{};
#if defined(_MSC_VER)
  int values[4];
  __cpuid(values, 0);
  if (static_cast<uint32_t>(values[0]) < leaf) return r;
  __cpuidex(values, static_cast<int>(leaf), 0);
  r = {static_cast<uint32_t>(values[0]), static_cast<uint32_t>(values[1]), static_cast<uint32_t>(values[2]), static_cast<uint32_t>(values[3])};
#else
  __get_cpuid_count(leaf, 0, &r.a, &r.b, &r.c, &r.d);
#endif
  return r;
}

/** Registers that the operating system saves for each thread (XCR0); without that, wide ones lose their content. */
uint64_t saved_registers() {
#if defined(_MSC_VER)
  return _xgetbv(0);
#else
  uint32_t low, high;
  __asm__ __volatile__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return static_cast<uint64_t>(high) << 32 | low;
#endif
}

bool has(uint32_t word, std::initializer_list<int> bits) {
  for (const int bit : bits)
    if (!(word >> bit & 1)) return false;
  return true;
}

/** Bits as in Intel's manual, volume 2, CPUID. */
bool has_x64(Simd simd) {
  const Registers basic = cpuid(1), extended = cpuid(7);
  // FMA, OSXSAVE, AVX; then XMM and YMM saved; then AVX2.
  if (!has(basic.c, {12, 27, 28}) || (saved_registers() & 0x6) != 0x6 || !has(extended.b, {5})) return false;
  if (simd == Simd::avx2) return true;
  // ZMM and mask registers saved; F, DQ, BW, VL.
  return (saved_registers() & 0xe6) == 0xe6 && has(extended.b, {16, 17, 30, 31});
}

#endif

}  // namespace

bool can_run(Simd simd) {
  switch (simd) {
    case Simd::avx512:
    case Simd::avx2:
#if GPTLAB_X64
      return has_x64(simd);
#else
      return false;
#endif
    case Simd::neon:
#if GPTLAB_ARM64
      return true;
#else
      return false;
#endif
    case Simd::portable:
    case Simd::reference:
      return true;
  }
  return false;
}

const Kernels& kernels(Simd simd) {
  switch (simd) {
#if GPTLAB_X64
    case Simd::avx512:
      return kAvx512Kernels;
    case Simd::avx2:
      return kAvx2Kernels;
#endif
#if GPTLAB_ARM64
    case Simd::neon:
      return kNeonKernels;
#endif
    case Simd::portable:
      return kPortableKernels;
    default:
      return kReferenceKernels;
  }
}

}  // namespace gptlab
