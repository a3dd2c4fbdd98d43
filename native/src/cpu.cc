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

std::vector<const char*> cpu_features() {
  std::vector<const char*> features;
  if (__builtin_cpu_supports("avx2")) features.push_back("avx2");
  if (__builtin_cpu_supports("fma")) features.push_back("fma");
  if (__builtin_cpu_supports("avx512f")) features.push_back("avx512f");
  if (cpu_has_sha256()) features.push_back("sha");
  return features;
}

#elif defined(__aarch64__)

// Bits of the kernel's AT_HWCAP for arm64.
constexpr unsigned long kSha2 = 1ul << 6, kScalarFp16 = 1ul << 9, kVectorFp16 = 1ul << 10;
constexpr unsigned long kDotProduct = 1ul << 20;
// Of its AT_HWCAP2.
constexpr unsigned long kInt8Matrix = 1ul << 13;

const char* cpu_target() { return "arm64"; }
const char* cpu_name() { return "64-bit ARM"; }

bool cpu_has_fp16_arithmetic() {
  const unsigned long features = getauxval(AT_HWCAP);
  return (features & kScalarFp16) != 0 && (features & kVectorFp16) != 0;
}

bool cpu_has_sha256() { return (getauxval(AT_HWCAP) & kSha2) != 0; }

std::vector<const char*> cpu_features() {
  std::vector<const char*> features = {"neon"};  // of every ARMv8-A
  if (cpu_has_fp16_arithmetic()) features.push_back("fp16");
  if ((getauxval(AT_HWCAP) & kDotProduct) != 0) features.push_back("dotprod");
  if ((getauxval(AT_HWCAP2) & kInt8Matrix) != 0) features.push_back("i8mm");
  if (cpu_has_sha256()) features.push_back("sha2");
  return features;
}

#elif defined(__arm__)

// Bits of the kernel's AT_HWCAP for 32-bit ARM; all but the first are told by recent kernels only.
constexpr unsigned long kNeon = 1ul << 12, kVectorFp16 = 1ul << 23, kDotProduct = 1ul << 24, kInt8Matrix = 1ul << 27;

const char* cpu_target() { return "armv7"; }
const char* cpu_name() { return "32-bit ARM"; }
bool cpu_has_fp16_arithmetic() { return (getauxval(AT_HWCAP) & kVectorFp16) != 0; }
bool cpu_has_sha256() { return false; }

std::vector<const char*> cpu_features() {
  std::vector<const char*> features;
  const unsigned long bits = getauxval(AT_HWCAP);
  if ((bits & kNeon) != 0) features.push_back("neon");
  if (cpu_has_fp16_arithmetic()) features.push_back("fp16");
  if ((bits & kDotProduct) != 0) features.push_back("dotprod");
  if ((bits & kInt8Matrix) != 0) features.push_back("i8mm");
  return features;
}

#else

const char* cpu_target() { return "unknown"; }
const char* cpu_name() { return "a processor that Oarlock does not know"; }
bool cpu_has_fp16_arithmetic() { return false; }
bool cpu_has_sha256() { return false; }
std::vector<const char*> cpu_features() { return {}; }

#endif

}  // namespace oarlock
