#include "resize.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "image.h"
#include "pictures.h"
#include "resize_goldens.h"

namespace {

using oarlock::Picture;
using oarlock::Size;
using oarlock::Window;
using oarlock_test::picture;

Picture rgb_view(const std::vector<uint8_t>& bytes, int32_t width, int32_t height) {
  return oarlock::view_image(oarlock_test::rgb_image(bytes, width, height), OAR_COLOR_RGB);
}

std::vector<uint8_t> interleaved(const uint8_t* planes, int64_t width) {
  std::vector<uint8_t> row;
  for (int64_t x = 0; x < width; ++x) row.insert(row.end(), {planes[x], planes[width + x], planes[2 * width + x]});
  return row;
}

std::vector<uint8_t> resized(const Picture& picture, Size size, const Window& window, oar_interpolation interpolation) {
  const auto rows = oarlock::resize(picture, size, window, interpolation);
  std::vector<uint8_t> result;
  for (int64_t y = 0; y < window.height; ++y) {
    const std::vector<uint8_t> row = interleaved(rows->read(y), window.width);
    result.insert(result.end(), row.begin(), row.end());
  }
  return result;
}

std::vector<uint8_t> resized(const Picture& picture, Size size, oar_interpolation interpolation) {
  return resized(picture, size, {0, 0, size.width, size.height}, interpolation);
}

uint64_t fnv1a(const std::vector<uint8_t>& bytes) {
  uint64_t value = 0xcbf29ce484222325U;
  for (const uint8_t byte : bytes) value = (value ^ byte) * 0x100000001b3U;
  return value;
}

constexpr oar_interpolation kInterpolations[] = {OAR_INTERPOLATION_BILINEAR, OAR_INTERPOLATION_BICUBIC,
                                                 OAR_INTERPOLATION_NEAREST};

TEST(Resize, GivesOpenCvsBytes) {
  for (const ResizeGolden& golden : kResizeGoldens) {
    const std::vector<uint8_t> bytes = picture(golden.width, golden.height);
    const Size size{golden.resized_width, golden.resized_height};
    EXPECT_EQ(fnv1a(resized(rgb_view(bytes, golden.width, golden.height), size, golden.interpolation)), golden.fnv1a)
        << golden.width << " x " << golden.height << " to " << size.width << " x " << size.height << ", interpolation "
        << golden.interpolation;
  }
}

TEST(Resize, LeavesAPictureOfTheSameSizeAlone) {
  const std::vector<uint8_t> bytes = picture(31, 17);
  for (const oar_interpolation interpolation : kInterpolations) {
    EXPECT_EQ(resized(rgb_view(bytes, 31, 17), {31, 17}, interpolation), bytes) << interpolation;
  }
}

TEST(Resize, ComputesInAWindowWhatTheWholePictureHoldsThere) {
  const std::vector<uint8_t> bytes = picture(61, 47);
  const Picture image = rgb_view(bytes, 61, 47);
  for (const oar_interpolation interpolation : kInterpolations) {
    for (const Size size : {Size{113, 97}, Size{23, 19}, Size{200, 11}}) {
      const std::vector<uint8_t> whole = resized(image, size, interpolation);
      const Window window{size.width / 3, size.height / 4, size.width / 2, size.height / 2};
      const std::vector<uint8_t> part = resized(image, size, window, interpolation);
      for (int64_t y = 0; y < window.height; ++y) {
        const uint8_t* const expected = &whole[((window.top + y) * size.width + window.left) * 3];
        EXPECT_EQ(std::memcmp(&part[y * window.width * 3], expected, window.width * 3), 0)
            << "interpolation " << interpolation << ", row " << y << " of " << size.width << " x " << size.height;
      }
    }
  }
}

TEST(Resize, ReadsRowsInAnyOrder) {
  const std::vector<uint8_t> bytes = picture(20, 30);
  for (const oar_interpolation interpolation : kInterpolations) {
    const std::vector<uint8_t> expected = resized(rgb_view(bytes, 20, 30), {15, 41}, interpolation);
    const auto rows = oarlock::resize(rgb_view(bytes, 20, 30), {15, 41}, {0, 0, 15, 41}, interpolation);
    for (const int64_t y : {40, 0, 20, 19, 21, 20, 5}) {
      const std::vector<uint8_t> row = interleaved(rows->read(y), 15);
      EXPECT_EQ(std::memcmp(row.data(), &expected[y * 45], 45), 0)
          << "interpolation " << interpolation << ", row " << y;
    }
  }
}

// A picture of extreme proportions, of which OpenCV could not hold the resized whole.
TEST(Resize, CostsWhatTheWindowCosts) {
  const std::vector<uint8_t> bytes = picture(1000000, 1);
  for (const oar_interpolation interpolation : kInterpolations) {
    const Window window{8192000000 - 112, 8080, 224, 224};
    const std::vector<uint8_t> result =
        resized(rgb_view(bytes, 1000000, 1), {16384000000, 16384}, window, interpolation);
    // 16384 pixels of the result lie on each of the picture's, and all rows are alike: the middle is the boundary
    // between pixels 499999 and 500000.
    EXPECT_EQ(std::memcmp(&result[0], &result[223 * 224 * 3], 224 * 3), 0) << interpolation;
    if (interpolation == OAR_INTERPOLATION_NEAREST) {
      EXPECT_EQ(std::memcmp(&result[111 * 3], &bytes[499999 * 3], 3), 0);
      EXPECT_EQ(std::memcmp(&result[112 * 3], &bytes[500000 * 3], 3), 0);
    }
  }
}

// The last pixel of the last row is the end of the buffer: AddressSanitizer sees a read beyond it.
TEST(Resize, StaysInsideThePixels) {
  for (const int32_t width : {1, 2, 3, 5, 64}) {
    for (const int32_t height : {1, 2, 3, 5}) {
      const std::vector<uint8_t> bytes = picture(width, height);
      for (const oar_interpolation interpolation : kInterpolations) {
        for (const Size size : {Size{1, 1}, Size{2, 9}, Size{9, 2}, Size{65, 6}}) {
          const std::vector<uint8_t> result = resized(rgb_view(bytes, width, height), size, interpolation);
          EXPECT_EQ(result.size(), static_cast<size_t>(size.width * size.height * 3));
        }
      }
    }
  }
}

}  // namespace
