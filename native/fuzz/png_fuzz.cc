// Golden pictures: refused with a typed error, found to be compressed, or read whole.
#include "check.h"
#include "png.h"
#include "status.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const oar_status status = oarlock::guard([&] {
    const auto picture = oarlock::read_stored_png(oarlock::ByteSource::from_memory("fuzz.png", data, size));
    if (!picture) return;
    const size_t expected = static_cast<size_t>(picture->width) * static_cast<size_t>(picture->height) * 3;
    oarlock_fuzz::require(picture->pixels.size() == expected, "the pixels do not fill the picture");
  });
  oarlock_fuzz::succeeded(status, {OAR_BAD_BUNDLE});
  return 0;
}
