// SHA-256 with the cryptography extension of ARMv8, and the answer for processors without any.
#include "sha256.h"

#if defined(__aarch64__)

#include <arm_neon.h>

#include "cpu.h"

namespace oarlock {
namespace sha256 {
namespace {

#if defined(__clang__)
#define OARLOCK_SHA2 __attribute__((target("sha2")))
#else
#define OARLOCK_SHA2 __attribute__((target("+crypto")))
#endif

OARLOCK_SHA2 void compress_sha2(uint32_t state[8], const unsigned char* blocks, size_t count) {
  uint32x4_t abcd = vld1q_u32(state);
  uint32x4_t efgh = vld1q_u32(state + 4);
  for (; count > 0; --count, blocks += 64) {
    const uint32x4_t abcd_before = abcd;
    const uint32x4_t efgh_before = efgh;
    uint32x4_t w[4];
    for (int i = 0; i < 4; ++i) w[i] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(blocks + 16 * i)));
    for (int i = 0; i < 16; ++i) {
      const uint32x4_t sum = vaddq_u32(w[0], vld1q_u32(kRoundConstants + 4 * i));
      const uint32x4_t abcd_now = abcd;
      abcd = vsha256hq_u32(abcd, efgh, sum);
      efgh = vsha256h2q_u32(efgh, abcd_now, sum);
      const uint32x4_t next = vsha256su1q_u32(vsha256su0q_u32(w[0], w[1]), w[2], w[3]);
      w[0] = w[1], w[1] = w[2], w[2] = w[3], w[3] = next;
    }
    abcd = vaddq_u32(abcd, abcd_before);
    efgh = vaddq_u32(efgh, efgh_before);
  }
  vst1q_u32(state, abcd);
  vst1q_u32(state + 4, efgh);
}

}  // namespace

Compress compress_hardware() { return cpu_has_sha256() ? compress_sha2 : nullptr; }

}  // namespace sha256
}  // namespace oarlock

#elif !defined(__x86_64__)

namespace oarlock {
namespace sha256 {

Compress compress_hardware() { return nullptr; }

}  // namespace sha256
}  // namespace oarlock

#endif
