// --raw and --yuv-range: what they mean, and where a frame's planes are.
#include "frames/raw_format.h"

#include <gtest/gtest.h>

#include <vector>

#include "failures.h"

namespace oarlock {
namespace app {
namespace frames {
namespace {

using app::testing::failure_of;

RawFormat parse(const std::string& text) { return parse_raw_format(text, std::nullopt); }

TEST(RawFormat, SizesOfFrames) {
  struct Case {
    const char* text;
    size_t bytes;
  };
  for (const Case& it : {Case{"yuyv:640x480", 614400}, Case{"nv21:640x480", 460800}, Case{"nv12:640x480", 460800},
                         Case{"i420:640x480", 460800}, Case{"rgb:640x480", 921600}, Case{"rgba:640x480", 1228800},
                         // Chroma of odd sizes is rounded up.
                         Case{"yuyv:5x3", 36}, Case{"nv21:5x3", 15 + 12}, Case{"i420:5x3", 15 + 6 + 6}}) {
    EXPECT_EQ(frame_bytes(parse(it.text)), it.bytes) << it.text;
  }
}

TEST(RawFormat, UsualRangesAndOthers) {
  EXPECT_EQ(parse("nv21:2x2").range, OAR_YUV_FULL);
  for (const char* name : {"yuyv:2x2", "nv12:2x2", "i420:2x2"}) EXPECT_EQ(parse(name).range, OAR_YUV_LIMITED) << name;
  EXPECT_EQ(parse("rgb:2x2").range, OAR_YUV_NONE);
  EXPECT_EQ(parse_raw_format("yuyv:2x2", parse_yuv_range("full")).range, OAR_YUV_FULL);
  EXPECT_EQ(parse_raw_format("nv21:2x2", parse_yuv_range("limited")).range, OAR_YUV_LIMITED);
  EXPECT_EQ(range_remark(parse("rgb:2x2")), "");
  EXPECT_NE(range_remark(parse("yuyv:2x2")).find("yuyv is taken as limited-range YUV (luma 16 to 235)"),
            std::string::npos);
  EXPECT_NE(range_remark(parse("nv21:2x2")).find("it is --yuv-range limited"), std::string::npos);
}

TEST(RawFormat, TextsThatAreNone) {
  for (const char* text : {"", "yuyv", "yuyv:", "yuyv:640", "yuyv:640x", "yuyv:x480", "yuyv:640x480x3", "yuyv:0x480",
                           "yuyv:-1x480", "yuyv: 640x480", "yuyv:640x99999", "yuy2:640x480", "yuyv2:640x480", "yuy:4x4",
                           "YUYV:640x480", "yuyv:640X480", "yuyv:640x480 ", "yuyv:99999999999999999999x1", ":4x4"}) {
    const std::string failure = failure_of([&] { parse(text); });
    EXPECT_EQ(failure.rfind("usage: --raw is '", 0), 0u) << text << ": " << failure;
    EXPECT_NE(failure.find("expected yuyv|nv21|nv12|i420|rgb|rgba:WIDTHxHEIGHT"), std::string::npos) << text;
  }
  EXPECT_NE(failure_of([] { parse_yuv_range("video"); }).find("expected full"), std::string::npos);
  EXPECT_NE(failure_of([] { parse_raw_format("rgb:2x2", OAR_YUV_FULL); }).find("leave it out"), std::string::npos);
}

// The crop of a frame of these bytes as the core sees it: 8-bit RGB.
std::vector<uint8_t> pixels_of(const RawFormat& format, const std::vector<uint8_t>& bytes) {
  oar_preprocess_spec spec = {};
  spec.struct_size = sizeof spec;
  spec.scale = 1;
  for (float& deviation : spec.std) deviation = 1;
  oar_preprocessor* preprocessor = nullptr;
  EXPECT_EQ(oar_preprocessor_create(&spec, &preprocessor), OAR_OK);
  std::vector<uint8_t> pixels(static_cast<size_t>(format.width) * static_cast<size_t>(format.height) * 3);
  const oar_frame frame = view_raw(format, bytes.data());
  EXPECT_EQ(oar_preprocessor_crop_frame(preprocessor, &frame, pixels.data(), pixels.size()), OAR_OK)
      << oar_last_error();
  oar_preprocessor_destroy(preprocessor);
  return pixels;
}

using Bytes = std::vector<uint8_t>;

TEST(RawFormat, PlanesAreWhereTheyAre) {
  // A red frame of 3 x 3 by the formulae of oarlock.h, limited range: Y 82, U 90, V 240.
  const Bytes i420 = {82, 82, 82, 82, 82, 82, 82, 82, 82, 90, 90, 90, 90, 240, 240, 240, 240};
  const Bytes nv12 = {82, 82, 82, 82, 82, 82, 82, 82, 82, 90, 240, 90, 240, 90, 240, 90, 240};
  const Bytes nv21 = {82, 82, 82, 82, 82, 82, 82, 82, 82, 240, 90, 240, 90, 240, 90, 240, 90};
  const Bytes yuyv = {82, 90, 82, 240, 82, 90, 82, 240, 82, 90, 82, 240,
                      82, 90, 82, 240, 82, 90, 82, 240, 82, 90, 82, 240};
  const Bytes red = pixels_of(parse("i420:3x3"), i420);
  EXPECT_GT(red[0], 250);
  EXPECT_LT(red[1], 4);
  EXPECT_LT(red[2], 4);
  EXPECT_EQ(pixels_of(parse("nv12:3x3"), nv12), red);
  EXPECT_EQ(pixels_of(parse_raw_format("nv21:3x3", OAR_YUV_LIMITED), nv21), red);
  EXPECT_EQ(pixels_of(parse("yuyv:3x3"), yuyv), red);
  EXPECT_EQ(pixels_of(parse("rgb:3x3"), red), red);
}

TEST(RawFormat, RowsWithAGap) {
  RawFormat format = parse("yuyv:2x2");
  format.row_stride = 6;
  EXPECT_EQ(frame_bytes(format), 12u);
  const Bytes gapped = {82, 90, 82, 240, 0, 0, 235, 128, 16, 128, 0, 0};
  const Bytes dense = {82, 90, 82, 240, 235, 128, 16, 128};
  EXPECT_EQ(pixels_of(format, gapped), pixels_of(parse("yuyv:2x2"), dense));
}

}  // namespace
}  // namespace frames
}  // namespace app
}  // namespace oarlock
