// The recorded files of goldens with seeded damage: read, or refused with a typed error. Under the sanitizers this
// shows that nothing is read outside the file.
#include <gtest/gtest.h>

#include <memory>

#include "mutator.h"
#include "npy.h"
#include "npy_writer.h"
#include "pictures.h"
#include "png.h"
#include "png_writer.h"
#include "status.h"

namespace {

using oarlock::ByteSource;
using oarlock::testing::Mutator;

constexpr uint32_t kMutations = 4000;

// Gives `read` so many damaged copies of `sound`; returns how many it took.
template <class Read>
uint32_t accepted(const std::string& sound, Read&& read) {
  uint32_t count = 0;
  for (uint32_t seed = 0; seed < kMutations; ++seed) {
    const Mutator::Bytes bytes = Mutator(seed)(Mutator::Bytes(sound.begin(), sound.end()));
    // A copy of exactly the size, on the heap: the sanitizer sees the first byte beyond.
    const std::unique_ptr<unsigned char[]> exact(new unsigned char[bytes.size()]);
    std::copy(bytes.begin(), bytes.end(), exact.get());
    const ByteSource file = ByteSource::from_memory("mutated", exact.get(), bytes.size());
    const oar_status status = oarlock::guard([&] { read(file); });
    if (status == OAR_OK) {
      ++count;
    } else {
      EXPECT_EQ(status, OAR_BAD_BUNDLE) << seed << ": " << oar_last_error();
      EXPECT_EQ(std::string(oar_last_error()).rfind("mutated: ", 0), 0U) << seed << ": " << oar_last_error();
    }
  }
  return count;
}

TEST(GoldenMutations, Npy) {
  const uint32_t count =
      accepted(oarlock::testing::npy_floats({2, 3, 1}, {1, 2, 3, 4, 5, 6}), [](const ByteSource& file) {
        const oarlock::NpyArray array = oarlock::read_npy(file);
        EXPECT_LE(array.data.size(), file.size());
      });
  // Values may change unseen; most damage must not.
  EXPECT_GT(count, 0U);
  EXPECT_LT(count, kMutations / 2);
}

TEST(GoldenMutations, Png) {
  const std::string sound = oarlock::testing::png_file(3, 2, oarlock_test::picture(3, 2));
  const uint32_t count = accepted(sound, [](const ByteSource& file) {
    const auto picture = oarlock::read_stored_png(file);
    if (picture) {
      EXPECT_EQ(picture->pixels.size(), static_cast<size_t>(picture->width) * picture->height * 3);
    }
  });
  EXPECT_GT(count, 0U);
  EXPECT_LT(count, kMutations * 2 / 3);
}

}  // namespace
