// The loops that touch every byte are written for the compiler's vectoriser. What every x86-64 has (SSE2) lacks a
// 32-bit multiplication and more, so that there they are compiled for AVX2 as well and the dynamic loader picks; other
// processors need no choice. Both compute the same bytes: integers, and floats without fused multiply-adds.
#ifndef OARLOCK_SRC_VECTOR_CLONES_H_
#define OARLOCK_SRC_VECTOR_CLONES_H_

// Sanitizers are not ready yet when the loader asks which to pick.
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__clang__) && !defined(OARLOCK_SANITIZED)
#define OARLOCK_VECTOR_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define OARLOCK_VECTOR_CLONES
#endif

#endif  // OARLOCK_SRC_VECTOR_CLONES_H_
