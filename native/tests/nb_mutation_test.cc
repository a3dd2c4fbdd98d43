// Files with seeded damage: the reader accepts them or refuses them with a typed error. Under the sanitizers this shows
// that nothing is read outside the file.
#include <gtest/gtest.h>

#include "mutator.h"
#include "nb.h"
#include "nb_writer.h"
#include "status.h"

namespace {

using oarlock::fake::Bytes;
using oarlock::testing::Mutator;

constexpr int kMutations = 4000;

Bytes original() {
  auto file = oarlock::fake::simple_nb({{"a", {-1, 3, 8, 8}}, {"b", {-1, 4}}}, {{"y", {-1, 10}}}, 2);
  file.variables.push_back({"z", {7}, oarlock::fake::kInt64, true});
  file.parameters.push_back({"z", {7}, oarlock::fake::kInt64, Bytes(7 * 8, 1)});
  return oarlock::fake::write_nb(file);
}

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
