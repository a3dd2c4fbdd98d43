#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "frames.h"
#include "oarlock.h"
#include "pictures.h"

namespace {

using oarlock_test::imagenet_spec;
using oarlock_test::is_yuv;
using oarlock_test::kFrameFormats;
using oarlock_test::make_preprocessor;
using oarlock_test::plain_spec;
using oarlock_test::RandomFrame;
using oarlock_test::rgb_image;
using oarlock_test::upright_height;
using oarlock_test::upright_rgb;
using oarlock_test::upright_width;

constexpr int32_t kRotations[] = {0, 90, 180, 270};

size_t result_size(const oar_preprocessor* preprocessor, int32_t width, int32_t height) {
  int32_t out_width = 0;
  int32_t out_height = 0;
  EXPECT_EQ(oar_preprocessor_output_size(preprocessor, width, height, &out_width, &out_height), OAR_OK)
      << oar_last_error();
  return static_cast<size_t>(out_width) * static_cast<size_t>(out_height) * 3;
}

// Whether the frame becomes what its upright RGB picture becomes: the bytes of the crop and the bits of the tensor.
void expect_like_picture(const oar_frame& frame, const oar_preprocess_spec& spec, const std::string& what) {
  const std::vector<uint8_t> rgb = upright_rgb(frame);
  const oar_image image = rgb_image(rgb, upright_width(frame), upright_height(frame));
  const auto preprocessor = make_preprocessor(spec);
  const size_t size = result_size(preprocessor.get(), image.width, image.height);

  std::vector<uint8_t> expected_bytes(size);
  std::vector<uint8_t> bytes(size);
  ASSERT_EQ(oar_preprocessor_crop(preprocessor.get(), &image, expected_bytes.data(), size), OAR_OK);
  ASSERT_EQ(oar_preprocessor_crop_frame(preprocessor.get(), &frame, bytes.data(), size), OAR_OK) << oar_last_error();
  ASSERT_EQ(bytes, expected_bytes) << what;

  std::vector<float> expected(size);
  std::vector<float> tensor(size);
  ASSERT_EQ(oar_preprocessor_run(preprocessor.get(), &image, expected.data(), size), OAR_OK);
  ASSERT_EQ(oar_preprocessor_run_frame(preprocessor.get(), &frame, tensor.data(), size), OAR_OK) << oar_last_error();
  ASSERT_EQ(std::memcmp(tensor.data(), expected.data(), size * sizeof(float)), 0) << what;
}

// Every format, orientation and range, at each of the sizes.
void expect_all_like_picture(const oar_preprocess_spec& spec, const std::vector<std::pair<int32_t, int32_t>>& sizes) {
  uint32_t seed = 0;
  for (const auto& [width, height] : sizes) {
    for (const oar_frame_format format : kFrameFormats) {
      RandomFrame frame(format, width, height, ++seed);
      for (const int32_t rotation : kRotations) {
        for (const int32_t mirror : {0, 1}) {
          frame->rotation = rotation;
          frame->mirror = mirror;
          frame->range = is_yuv(format) ? (seed + mirror) % 2 == 0 ? OAR_YUV_FULL : OAR_YUV_LIMITED : OAR_YUV_NONE;
          const std::string what = "format " + std::to_string(format) + ", " + std::to_string(width) + " x " +
                                   std::to_string(height) + ", rotation " + std::to_string(rotation) + ", mirror " +
                                   std::to_string(mirror);
          expect_like_picture(*frame, spec, what);
          if (testing::Test::HasFatalFailure()) return;
        }
      }
    }
  }
}

TEST(Frames, AreThePicturesThatTheyShow) {
  std::vector<std::pair<int32_t, int32_t>> sizes;
  for (int32_t width = 1; width <= 5; ++width) {
    for (int32_t height = 1; height <= 5; ++height) sizes.emplace_back(width, height);
  }
  sizes.insert(sizes.end(), {{1, 70}, {70, 1}, {17, 40}, {64, 33}});
  expect_all_like_picture(plain_spec(), sizes);
}

TEST(Frames, GoThroughResizeAndCropLikePictures) {
  for (const int interpolation : {0, 1, 2}) {
    oar_preprocess_spec spec = imagenet_spec();
    spec.interpolation = static_cast<oar_interpolation>(interpolation);
    spec.resize_short = 24;
    spec.crop_width = 20;
    spec.crop_height = 17;
    spec.color = OAR_COLOR_BGR;
    expect_all_like_picture(spec, {{1, 1}, {2, 3}, {5, 4}, {31, 70}, {64, 47}, {121, 90}});
  }
}

// crop_fraction leaves a square that begins in the middle of a 2 x 2 block of chroma.
TEST(Frames, AreCutAtOddPlaces) {
  oar_preprocess_spec spec = plain_spec();
  spec.layout = OAR_LAYOUT_NHWC;
  spec.crop_fraction = 0.6;
  expect_all_like_picture(spec, {{5, 5}, {5, 6}, {6, 5}, {9, 12}, {13, 8}});
  spec.resize = OAR_RESIZE_EXACT;
  spec.resize_width = 7;
  spec.resize_height = 9;
  spec.interpolation = OAR_INTERPOLATION_BICUBIC;
  expect_all_like_picture(spec, {{5, 5}, {9, 12}, {30, 41}});
}

// Turned frames are sampled in blocks of rows; more rows than a block has, and a width that leaves room for one row.
TEST(Frames, TurnInBlocks) {
  expect_all_like_picture(plain_spec(), {{50, 40}});
  RandomFrame wide(OAR_FRAME_NV12, 3, 30000, 1);
  wide->rotation = 90;
  expect_like_picture(*wide, plain_spec(), "30000 columns");
}

TEST(Frames, OfYuvComeOutInTheOrderOfTheModel) {
  const uint8_t yuv[] = {76, 84, 76, 255};  // red, full range
  oar_frame frame = {sizeof frame, OAR_FRAME_YUYV, 2, 1, {{yuv, sizeof yuv, 4, 4}}, 0, 0, OAR_YUV_FULL};
  oar_preprocess_spec spec = plain_spec();
  std::vector<uint8_t> out(6);
  ASSERT_EQ(oar_preprocessor_crop_frame(make_preprocessor(spec).get(), &frame, out.data(), out.size()), OAR_OK);
  EXPECT_EQ(out, (std::vector<uint8_t>{254, 0, 0, 254, 0, 0}));
  spec.color = OAR_COLOR_BGR;
  ASSERT_EQ(oar_preprocessor_crop_frame(make_preprocessor(spec).get(), &frame, out.data(), out.size()), OAR_OK);
  EXPECT_EQ(out, (std::vector<uint8_t>{0, 0, 254, 0, 0, 254}));
}

// Every row of the planes lies in a page of its own, and only the rows are readable that the resize needs.
TEST(Frames, AreReadOnlyWhereTheResultNeedsThem) {
  constexpr int32_t kSide = 4096;  // bytes of a page as well
  const auto map = [](int32_t rows) {
    void* const memory =
        mmap(nullptr, static_cast<size_t>(rows) * kSide, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    EXPECT_NE(memory, MAP_FAILED);
    return static_cast<uint8_t*>(memory);
  };
  const auto open = [](uint8_t* memory, int32_t row) {
    ASSERT_EQ(mprotect(memory + static_cast<ptrdiff_t>(row) * kSide, kSide, PROT_READ), 0);
  };
  uint8_t* const luma = map(kSide);
  uint8_t* const chroma = map(kSide / 2);
  for (int32_t y = 16; y < 240; ++y) {  // the crop's rows of the 256: centres at 16 * y + 7.5
    for (const int32_t row : {16 * y + 7, 16 * y + 8}) {
      open(luma, row);
      open(chroma, row / 2);
    }
  }
  oar_frame frame = {sizeof frame, OAR_FRAME_NV12, kSide, kSide, {}, 0, 0, OAR_YUV_FULL};
  frame.planes[0] = {luma, static_cast<size_t>(kSide) * kSide, kSide, 1};
  frame.planes[1] = {chroma, static_cast<size_t>(kSide) * kSide / 2, kSide, 2};
  const auto preprocessor = make_preprocessor(imagenet_spec());
  std::vector<float> out(3 * 224 * 224);
  for (const int32_t rotation : {0, 180}) {
    frame.rotation = rotation;
    EXPECT_EQ(oar_preprocessor_run_frame(preprocessor.get(), &frame, out.data(), out.size()), OAR_OK);
  }
  munmap(luma, static_cast<size_t>(kSide) * kSide);
  munmap(chroma, static_cast<size_t>(kSide) * kSide / 2);
}

// ---- Bad frames

struct BadFrame {
  oar_frame_format format;
  void (*spoil)(oar_frame&);
  oar_status status;
  const char* message;
};

template <class Enum>
void set_enum(Enum& field, int32_t value) {
  std::memcpy(&field, &value, sizeof value);
}

constexpr int64_t kHuge = std::numeric_limits<int64_t>::max();

// 7 x 5 pixels, planes without gaps.
constexpr BadFrame kBadFrames[] = {
    {OAR_FRAME_NV21, [](oar_frame& f) { f.struct_size = 8; }, OAR_INVALID_ARGUMENT, "oar_frame.struct_size is 8"},
    {OAR_FRAME_NV21, [](oar_frame& f) { set_enum(f.format, 8); }, OAR_BAD_IMAGE,
     "frame.format is 8, expected one of OAR_FRAME_NV21 (0), OAR_FRAME_NV12 (1)"},
    {OAR_FRAME_NV21, [](oar_frame& f) { set_enum(f.format, -1); }, OAR_BAD_IMAGE, "frame.format is -1"},
    {OAR_FRAME_NV21, [](oar_frame& f) { f.width = 0; }, OAR_BAD_IMAGE,
     "frame is 0 x 5 pixels, expected sides of 1 to 1000000"},
    {OAR_FRAME_NV21, [](oar_frame& f) { f.height = 1000001; }, OAR_BAD_IMAGE, "frame is 7 x 1000001 pixels"},
    {OAR_FRAME_NV21, [](oar_frame& f) { f.height = std::numeric_limits<int32_t>::min(); }, OAR_BAD_IMAGE, "frame is"},
    {OAR_FRAME_NV21, [](oar_frame& f) { f.planes[1].data = nullptr; }, OAR_INVALID_ARGUMENT,
     "argument 'frame.planes[1].data' is NULL"},
    {OAR_FRAME_NV21, [](oar_frame& f) { f.planes[0].pixel_stride = 2; }, OAR_BAD_IMAGE,
     "frame.planes[0] (Y).pixel_stride is 2, expected 1"},
    {OAR_FRAME_NV21, [](oar_frame& f) { f.planes[1].pixel_stride = 1; }, OAR_BAD_IMAGE,
     "frame.planes[1] (VU).pixel_stride is 1, expected 2"},
    {OAR_FRAME_NV12, [](oar_frame& f) { f.planes[1].pixel_stride = -2; }, OAR_BAD_IMAGE,
     "frame.planes[1] (UV).pixel_stride is -2, expected 2"},
    {OAR_FRAME_I420, [](oar_frame& f) { f.planes[2].pixel_stride = 2; }, OAR_BAD_IMAGE,
     "frame.planes[2] (V).pixel_stride is 2, expected 1"},
    {OAR_FRAME_YUV_420_888, [](oar_frame& f) { f.planes[1].pixel_stride = 3; }, OAR_BAD_IMAGE,
     "frame.planes[1] (U).pixel_stride is 3, expected 1 to 2"},
    {OAR_FRAME_YUYV, [](oar_frame& f) { f.planes[0].pixel_stride = 2; }, OAR_BAD_IMAGE,
     "frame.planes[0] (YUYV).pixel_stride is 2, expected 4"},
    {OAR_FRAME_RGBA, [](oar_frame& f) { f.planes[0].pixel_stride = 0; }, OAR_BAD_IMAGE,
     "frame.planes[0] (RGBA).pixel_stride is 0, expected 4"},
    {OAR_FRAME_NV21, [](oar_frame& f) { f.planes[0].row_stride = 6; }, OAR_BAD_IMAGE,
     "frame.planes[0] (Y).row_stride is 6 bytes, expected at least 7 for a width of 7 pixels"},
    {OAR_FRAME_NV21, [](oar_frame& f) { f.planes[1].row_stride = 7; }, OAR_BAD_IMAGE,
     "frame.planes[1] (VU).row_stride is 7 bytes, expected at least 8 for a width of 7 pixels"},
    {OAR_FRAME_BGR, [](oar_frame& f) { f.planes[0].row_stride = -21; }, OAR_BAD_IMAGE,
     "frame.planes[0] (BGR).row_stride is -21 bytes, expected at least 21"},
    {OAR_FRAME_YUYV, [](oar_frame& f) { f.planes[0].row_stride = 14; }, OAR_BAD_IMAGE,
     "row_stride is 14 bytes, expected at least 16"},
    {OAR_FRAME_NV21, [](oar_frame& f) { f.planes[0].size = 34; }, OAR_BAD_IMAGE,
     "frame.planes[0] (Y).size is 34 bytes, expected at least 4 * 7 + 7 (5 rows, of which the last may end with its "
     "last sample)"},
    {OAR_FRAME_NV21, [](oar_frame& f) { f.planes[1].size = 23; }, OAR_BAD_IMAGE,
     "frame.planes[1] (VU).size is 23 bytes, expected at least 2 * 8 + 8 (3 rows"},
    {OAR_FRAME_YUV_420_888, [](oar_frame& f) { f.planes[2].size = 0; }, OAR_BAD_IMAGE,
     "frame.planes[2] (V).size is 0 bytes"},
    {OAR_FRAME_RGB, [](oar_frame& f) { f.height = 6; }, OAR_BAD_IMAGE, "frame.planes[0] (RGB).size is 105 bytes"},
    {OAR_FRAME_RGB, [](oar_frame& f) { f.planes[0].row_stride = kHuge; }, OAR_BAD_IMAGE,
     "expected at least 4 * 9223372036854775807 + 21"},
    {OAR_FRAME_RGB,
     [](oar_frame& f) {
       f.planes[0].row_stride = kHuge;
       f.planes[0].size = std::numeric_limits<size_t>::max();
     },
     OAR_BAD_IMAGE, "frame.planes[0] (RGB).size is"},
    {OAR_FRAME_NV21, [](oar_frame& f) { f.rotation = 45; }, OAR_INVALID_ARGUMENT,
     "frame.rotation is 45, expected 0, 90, 180 or 270 degrees"},
    {OAR_FRAME_NV21, [](oar_frame& f) { f.rotation = -90; }, OAR_INVALID_ARGUMENT, "frame.rotation is -90"},
    {OAR_FRAME_NV21, [](oar_frame& f) { f.mirror = 2; }, OAR_INVALID_ARGUMENT, "frame.mirror is 2, expected 0 or 1"},
    {OAR_FRAME_NV21, [](oar_frame& f) { f.range = OAR_YUV_NONE; }, OAR_INVALID_ARGUMENT,
     "frame.range is 0, expected OAR_YUV_FULL (1) or OAR_YUV_LIMITED (2)"},
    {OAR_FRAME_YUYV, [](oar_frame& f) { set_enum(f.range, 3); }, OAR_INVALID_ARGUMENT, "frame.range is 3"},
};

TEST(Frames, AreRefusedWithTheFieldThatIsWrong) {
  const std::vector<uint8_t> bytes(140);
  const auto preprocessor = make_preprocessor(plain_spec());
  std::vector<uint8_t> out(105, 0xEE);
  std::vector<float> floats(105);
  for (const BadFrame& bad : kBadFrames) {
    oar_frame frame = *RandomFrame(bad.format, 7, 5, 1);
    for (oar_plane& plane : frame.planes) {
      const bool first = &plane == &frame.planes[0];
      if (plane.data == nullptr) continue;
      plane.data = bytes.data();
      const int32_t elements = first && bad.format != OAR_FRAME_YUYV ? 7 : 4;
      plane.row_stride = int64_t{elements} * plane.pixel_stride;
      plane.size = static_cast<size_t>(plane.row_stride) * (first ? 5 : 3);
    }
    ASSERT_EQ(oar_preprocessor_crop_frame(preprocessor.get(), &frame, out.data(), 105), OAR_OK) << oar_last_error();
    bad.spoil(frame);
    std::fill(out.begin(), out.end(), 0xEE);
    EXPECT_EQ(oar_preprocessor_crop_frame(preprocessor.get(), &frame, out.data(), 105), bad.status) << bad.message;
    EXPECT_NE(std::string(oar_last_error()).find(bad.message), std::string::npos) << oar_last_error();
    EXPECT_EQ(out, std::vector<uint8_t>(105, 0xEE)) << bad.message;
    EXPECT_EQ(oar_preprocessor_run_frame(preprocessor.get(), &frame, floats.data(), 105), bad.status) << bad.message;
  }
}

TEST(Frames, MayHoldAnythingInUnusedFields) {
  RandomFrame frame(OAR_FRAME_RGB, 7, 5, 1);
  frame->planes[1] = {nullptr, 1, -5, 9};
  set_enum(frame->range, 77);
  expect_like_picture(*frame, plain_spec(), "RGB");
}

TEST(Frames, OfOneRowMayHaveAnyStride) {
  RandomFrame frame(OAR_FRAME_NV21, 20, 1, 1);
  frame->planes[0].row_stride = kHuge;
  frame->planes[1].row_stride = kHuge;
  for (const int32_t rotation : kRotations) {
    frame->rotation = rotation;
    expect_like_picture(*frame, plain_spec(), std::to_string(rotation));
  }
}

TEST(Frames, NeedTheBufferOfTheUprightPicture) {
  RandomFrame frame(OAR_FRAME_RGB, 40, 10, 1);
  frame->rotation = 90;
  const auto preprocessor = make_preprocessor(plain_spec());
  std::vector<float> out(1200);
  EXPECT_EQ(oar_preprocessor_run_frame(preprocessor.get(), &*frame, out.data(), 1199), OAR_INVALID_ARGUMENT);
  EXPECT_STREQ(oar_last_error(), "argument 'out_count' is 1199, expected 1200 (40 rows x 10 columns x 3 channels)");
}

TEST(Frames, AndBuffersMustBeThere) {
  RandomFrame frame(OAR_FRAME_RGB, 1, 1, 1);
  const auto preprocessor = make_preprocessor(plain_spec());
  uint8_t byte;
  float number;
  EXPECT_EQ(oar_preprocessor_crop_frame(nullptr, &*frame, &byte, 3), OAR_INVALID_ARGUMENT);
  EXPECT_EQ(oar_preprocessor_crop_frame(preprocessor.get(), nullptr, &byte, 3), OAR_INVALID_ARGUMENT);
  EXPECT_STREQ(oar_last_error(), "argument 'frame' is NULL");
  EXPECT_EQ(oar_preprocessor_crop_frame(preprocessor.get(), &*frame, nullptr, 3), OAR_INVALID_ARGUMENT);
  EXPECT_EQ(oar_preprocessor_run_frame(nullptr, &*frame, &number, 3), OAR_INVALID_ARGUMENT);
  EXPECT_EQ(oar_preprocessor_run_frame(preprocessor.get(), nullptr, &number, 3), OAR_INVALID_ARGUMENT);
  EXPECT_EQ(oar_preprocessor_run_frame(preprocessor.get(), &*frame, nullptr, 3), OAR_INVALID_ARGUMENT);
}

}  // namespace
