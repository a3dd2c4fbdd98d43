// Picture files: refused with a typed failure that names them, or read whole.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>

#include "failure.h"
#include "pictures/picture_file.h"

namespace {

constexpr int64_t kMostPixels = 1 << 18;

// A finding: libFuzzer keeps the input.
void require(bool condition, const std::string& what) {
  if (condition) return;
  std::fprintf(stderr, "broken: %s\n", what.c_str());
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using oarlock::app::Failure;
  static const std::set<std::string> kRefusals = {"OAR-BAD-IMAGE", "OAR-TRUNCATED-IMAGE", "OAR-UNSUPPORTED-IMAGE",
                                                  "OAR-IMAGE-TOO-LARGE"};
  try {
    const auto picture = oarlock::app::decode_picture("fuzz.jpg", data, size, kMostPixels);
    require(picture.width > 0 && picture.height > 0, "a picture without pixels");
    require(int64_t{picture.width} * picture.height <= kMostPixels, "a picture above the limit");
    require(picture.rgb.size() == size_t{3} * static_cast<size_t>(picture.width) * static_cast<size_t>(picture.height),
            "the pixels do not fill the picture");
    require(picture.orientation >= 1 && picture.orientation <= 8, "an orientation that is none");
  } catch (const Failure& failure) {
    require(kRefusals.count(failure.code()) == 1, "the code " + failure.code());
    require(std::string(failure.what()).rfind("fuzz.jpg: ", 0) == 0, failure.what());
  }
  return 0;
}
