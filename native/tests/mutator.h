// Seeded damage to the bytes of a file.
#ifndef OARLOCK_TESTS_MUTATOR_H_
#define OARLOCK_TESTS_MUTATOR_H_

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

namespace oarlock {
namespace testing {

// The same seed does the same damage on every machine.
class Mutator {
 public:
  using Bytes = std::vector<unsigned char>;

  explicit Mutator(uint32_t seed) : random_(seed) {}

  // One to four changes.
  Bytes operator()(Bytes bytes) {
    const int changes = 1 + below(4);
    for (int i = 0; i < changes && !bytes.empty(); ++i) change(bytes);
    return bytes;
  }

  int below(int limit) { return static_cast<int>(random_() % static_cast<uint32_t>(limit)); }

 private:
  void change(Bytes& bytes) {
    const auto at = static_cast<std::ptrdiff_t>(below(static_cast<int>(bytes.size())));
    switch (below(6)) {
      case 0:  // A bit.
        bytes[static_cast<size_t>(at)] ^= static_cast<unsigned char>(1 << below(8));
        break;
      case 1:  // A byte.
        bytes[static_cast<size_t>(at)] = static_cast<unsigned char>(below(256));
        break;
      case 2: {  // A number of four bytes, among them the ones that overflow.
        constexpr uint32_t kNumbers[] = {0, 1, 4, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff};
        const uint32_t number = kNumbers[below(7)];
        const size_t count = std::min<size_t>(sizeof number, bytes.size() - static_cast<size_t>(at));
        std::memcpy(bytes.data() + at, &number, count);
        break;
      }
      case 3:  // The end.
        bytes.resize(static_cast<size_t>(at));
        break;
      case 4:  // A hole.
        bytes.erase(bytes.begin() + at,
                    bytes.begin() + at + std::min<std::ptrdiff_t>(below(16), bytes.end() - bytes.begin() - at));
        break;
      default:  // An intruder.
        bytes.insert(bytes.begin() + at, static_cast<size_t>(below(16)), static_cast<unsigned char>(below(256)));
    }
  }

  std::mt19937 random_;
};

}  // namespace testing
}  // namespace oarlock

#endif  // OARLOCK_TESTS_MUTATOR_H_
