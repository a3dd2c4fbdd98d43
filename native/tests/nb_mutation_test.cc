// Files with seeded damage: the reader accepts them or refuses them with a typed error. Under the sanitizers this shows
// that nothing is read outside the file.
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "nb.h"
#include "nb_writer.h"
#include "status.h"

namespace {

using oarlock::fake::Bytes;

constexpr int kMutations = 4000;

Bytes original() {
  auto file = oarlock::fake::simple_nb({{"a", {-1, 3, 8, 8}}, {"b", {-1, 4}}}, {{"y", {-1, 10}}}, 2);
  file.variables.push_back({"z", {7}, oarlock::fake::kInt64, true});
  file.parameters.push_back({"z", {7}, oarlock::fake::kInt64, Bytes(7 * 8, 1)});
  return oarlock::fake::write_nb(file);
}

class Mutator {
 public:
  explicit Mutator(uint32_t seed) : random_(seed) {}

  Bytes operator()(Bytes bytes) {
    const int changes = 1 + below(4);
    for (int i = 0; i < changes && !bytes.empty(); ++i) change(bytes);
    return bytes;
  }

 private:
  int below(int limit) { return static_cast<int>(random_() % static_cast<uint32_t>(limit)); }

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

TEST(NbMutations, AreRefusedWithATypedErrorOrAccepted) {
  const Bytes sound = original();
  int accepted = 0, refused = 0;
  for (uint32_t seed = 0; seed < kMutations; ++seed) {
    const Bytes bytes = Mutator(seed)(sound);
    // A copy of exactly the size, on the heap: the sanitizer sees the first byte beyond.
    const std::unique_ptr<unsigned char[]> exact(new unsigned char[bytes.size()]);
    std::copy(bytes.begin(), bytes.end(), exact.get());
    oar_nb* nb = nullptr;
    const oar_status status = oar_nb_open_memory("mutated.nb", exact.get(), bytes.size(), &nb);
    if (status == OAR_OK) {
      ++accepted;
      EXPECT_NE(oar_nb_description(nb)[0], '\0');
    } else {
      ++refused;
      EXPECT_TRUE(status == OAR_BAD_MODEL || status == OAR_VERSION_MISMATCH) << seed << ": " << oar_last_error();
      EXPECT_EQ(std::string(oar_last_error()).rfind("mutated.nb: ", 0), 0U) << seed << ": " << oar_last_error();
    }
    oar_nb_close(nb);
  }
  // Weights and the garbage of the version may change unseen; most damage must not.
  EXPECT_GT(accepted, 0);
  EXPECT_GT(refused, kMutations / 2);
}

}  // namespace
