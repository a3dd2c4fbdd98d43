// SHA-256 (FIPS 180-4), with the processor's own instructions where it has them.
#ifndef OARLOCK_SRC_SHA256_H_
#define OARLOCK_SRC_SHA256_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace oarlock {

class Sha256 {
 public:
  Sha256();
  void update(const void* data, size_t size);
  // Lower-case hexadecimal. The object is used up afterwards.
  std::string finish();

 private:
  std::array<uint32_t, 8> state_;
  std::array<unsigned char, 64> pending_;
  size_t pending_size_ = 0;
  uint64_t total_ = 0;
};

// The inner function on `count` blocks of 64 bytes, and what the hardware versions share with it.
namespace sha256 {
using Compress = void (*)(uint32_t state[8], const unsigned char* blocks, size_t count);
alignas(16) extern const uint32_t kRoundConstants[64];
void compress_portable(uint32_t state[8], const unsigned char* blocks, size_t count);
// The version for this processor's instructions; nullptr where it has none (src/sha256_{x86,arm}.cc).
Compress compress_hardware();
}  // namespace sha256

}  // namespace oarlock

#endif  // OARLOCK_SRC_SHA256_H_
