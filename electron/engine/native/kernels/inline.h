/** What compilers call the same things. Functions of a kernel set are inlined: no copy of them may be shared with code for older machines. */
#pragma once

#if defined(_MSC_VER) && !defined(__clang__)
#define GPTLAB_INLINE static __forceinline
#define GPTLAB_UNROLL
#elif defined(__clang__)
#define GPTLAB_INLINE static inline __attribute__((always_inline, unused))
#define GPTLAB_UNROLL _Pragma("unroll")
#else
#define GPTLAB_INLINE static inline __attribute__((always_inline, unused))
#define GPTLAB_UNROLL _Pragma("GCC unroll 32")
#endif
