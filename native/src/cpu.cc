#include "cpu.h"

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) || defined(__arm__)
#include <sys/auxv.h>
#endif

namespace oarlock {

#if defined(__x86_64__)

const char* cpu_target() { return "x86"; }
const char* cpu_name() { return "x86-64"; }
bool cpu_has_fp16_arithmetic() { return false; }

bool cpu_has_sha256() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  constexpr unsigned kSsse3 = 1u << 9, kSse41 = 1u << 19, kSha = 1u << 29;
  if (!__get_cpuid(1, &a, &b, &c, &d) || (c & kSsse3) == 0 || (c & kSse41) == 0) return false;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & kSha) != 0;
}

#elif defined(__aarch64__)

// Bits of the kernel's AT_HWCAP for arm64.
constexpr unsigned long kSha2 = 1ul << 6, kScalarFp16 = 1ul << 9, kVectorFp16 = 1ul << 10;

const char* cpu_target() { return "arm64"; }
const char* cpu_name() { return "64-bit ARM"; }

bool cpu_has_fp16_arithmetic() {
  const unsigned long features = getauxval(AT_HWCAP);
  return (features & kScalarFp16) != 0 && (features & kVectorFp16) != 0;
}

bool cpu_has_sha256() { return (getauxval(AT_HWCAP) & kSha2) != 0; }

#elif defined(__arm__)

// Bits of the kernel's AT_HWCAP for 32-bit ARM, told by recent kernels only.
constexpr unsigned long kVectorFp16 = 1ul << 23;

const char* cpu_target() { return "armv7"; }
const char* cpu_name() { return "32-bit ARM"; }
bool cpu_has_fp16_arithmetic() { return (getauxval(AT_HWCAP) & kVectorFp16) != 0; }
bool cpu_has_sha256() { return false; }

#else

const char* cpu_target() { return "unknown"; }
const char* cpu_name() { return "a processor that Oarlock does not know"; }
bool cpu_has_fp16_arithmetic() { return false; }
bool cpu_has_sha256() { return false; }

#endif

}  // namespace oarlock
