// The processor that this library was built for and runs on, in the words of the bundle format.
#ifndef OARLOCK_SRC_CPU_H_
#define OARLOCK_SRC_CPU_H_

#include <vector>

namespace oarlock {

// The variant target that fits: "x86", "arm64" or "armv7"; "unknown" elsewhere.
const char* cpu_target();
// As people call it: "x86-64", "64-bit ARM", "32-bit ARM".
const char* cpu_name();

// What the processor itself can do, asked at run time.
bool cpu_has_fp16_arithmetic();  // ARMv8.2 half-precision arithmetic (vector and scalar).
bool cpu_has_sha256();           // x86 SHA extensions with SSE4.1, or ARMv8's SHA2.
// What it has of the instructions that engines are built for: "fp16" (half-precision arithmetic), "dotprod", "i8mm",
// "neon", "sha2"; on x86-64 "avx2", "fma", "avx512f", "sha".
std::vector<const char*> cpu_features();

}  // namespace oarlock

#endif  // OARLOCK_SRC_CPU_H_
