#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "oarlock.h"
#include "pictures.h"

namespace {

using oarlock_test::imagenet_spec;
using oarlock_test::make_preprocessor;
using oarlock_test::picture;
using oarlock_test::plain_spec;
using oarlock_test::rgb_image;

std::pair<int32_t, int32_t> output_size(const oar_preprocess_spec& spec, int32_t width, int32_t height) {
  std::pair<int32_t, int32_t> size{-1, -1};
  EXPECT_EQ(oar_preprocessor_output_size(make_preprocessor(spec).get(), width, height, &size.first, &size.second),
            OAR_OK)
      << oar_last_error();
  return size;
}

// The message of a size that the spec refuses as OAR_BAD_IMAGE.
std::string size_error(const oar_preprocess_spec& spec, int32_t width, int32_t height) {
  int32_t out_width = -1;
  int32_t out_height = -1;
  EXPECT_EQ(oar_preprocessor_output_size(make_preprocessor(spec).get(), width, height, &out_width, &out_height),
            OAR_BAD_IMAGE);
  EXPECT_EQ(out_width, -1);
  EXPECT_EQ(out_height, -1);
  return oar_last_error();
}

std::vector<uint8_t> crop(const oar_preprocess_spec& spec, const oar_image& image) {
  const auto [width, height] = output_size(spec, image.width, image.height);
  std::vector<uint8_t> out(static_cast<size_t>(width) * height * 3);
  EXPECT_EQ(oar_preprocessor_crop(make_preprocessor(spec).get(), &image, out.data(), out.size()), OAR_OK)
      << oar_last_error();
  return out;
}

std::vector<float> run(const oar_preprocess_spec& spec, const oar_image& image) {
  const auto [width, height] = output_size(spec, image.width, image.height);
  std::vector<float> out(static_cast<size_t>(width) * height * 3);
  EXPECT_EQ(oar_preprocessor_run(make_preprocessor(spec).get(), &image, out.data(), out.size()), OAR_OK)
      << oar_last_error();
  return out;
}

// ---- Geometry

TEST(OutputSize, RoundsTheLongerSideHalfToEven) {
  oar_preprocess_spec spec = plain_spec();
  spec.resize = OAR_RESIZE_SHORT;
  spec.resize_short = 256;
  EXPECT_EQ(output_size(spec, 513, 512), std::make_pair(256, 256));  // 256.5
  EXPECT_EQ(output_size(spec, 512, 515), std::make_pair(256, 258));  // 257.5
  EXPECT_EQ(output_size(spec, 4000, 3000), std::make_pair(341, 256));
  EXPECT_EQ(output_size(spec, 1, 1), std::make_pair(256, 256));
  EXPECT_EQ(output_size(spec, 3, 49), std::make_pair(256, 4181));
}

TEST(OutputSize, FollowsTheFieldsInOrder) {
  EXPECT_EQ(output_size(plain_spec(), 31, 17), std::make_pair(31, 17));
  oar_preprocess_spec spec = plain_spec();
  spec.crop_fraction = 0.875;
  EXPECT_EQ(output_size(spec, 640, 481), std::make_pair(420, 420));
  spec.resize = OAR_RESIZE_EXACT;
  spec.resize_width = 100;
  spec.resize_height = 60;
  EXPECT_EQ(output_size(spec, 640, 481), std::make_pair(100, 60));
  spec.crop_width = 50;
  spec.crop_height = 60;
  EXPECT_EQ(output_size(spec, 640, 481), std::make_pair(50, 60));
}

TEST(OutputSize, RefusesSidesThatAreNone) {
  for (const auto& [width, height] : {std::make_pair(0, 5), {5, 0}, {-1, 5}, {1000001, 5}, {5, 1000001}}) {
    EXPECT_EQ(size_error(plain_spec(), width, height), "image is " + std::to_string(width) + " x " +
                                                           std::to_string(height) +
                                                           " pixels, expected sides of 1 to 1000000");
  }
}

TEST(OutputSize, RefusesACropThatIsLargerThanThePicture) {
  oar_preprocess_spec spec = plain_spec();
  spec.crop_width = 224;
  spec.crop_height = 224;
  EXPECT_EQ(size_error(spec, 300, 200),
            "image is 300 x 200 pixels, expected at least the 224 x 224 of the centre crop");
  spec.resize = OAR_RESIZE_SHORT;
  spec.resize_short = 200;
  EXPECT_EQ(size_error(spec, 1200, 600),
            "image is 1200 x 600 pixels and 400 x 200 after the resize, expected at least the 224 x 224 of the centre "
            "crop");
}

TEST(OutputSize, RefusesACropFractionThatLeavesNothing) {
  oar_preprocess_spec spec = plain_spec();
  spec.crop_fraction = 0.875;
  EXPECT_EQ(size_error(spec, 1, 40),
            "image is 1 x 40 pixels, of which crop_fraction 0.875 leaves nothing; expected a shorter side of at least "
            "2");
  EXPECT_EQ(output_size(spec, 2, 40), std::make_pair(1, 1));
}

TEST(OutputSize, RefusesAResultBeyondAllBounds) {
  oar_preprocess_spec spec = plain_spec();
  spec.resize = OAR_RESIZE_SHORT;
  spec.resize_short = 16384;
  EXPECT_NE(size_error(spec, 1000000, 1).find("would become 16384000000 x 16384"), std::string::npos);
  spec.crop_width = 224;
  spec.crop_height = 224;
  EXPECT_EQ(output_size(spec, 1000000, 1), std::make_pair(224, 224));
}

TEST(Crop, CutsTheCentreRoundedDown) {
  const std::vector<uint8_t> bytes = picture(7, 6);
  oar_preprocess_spec spec = plain_spec();
  spec.crop_width = 4;
  spec.crop_height = 3;
  const std::vector<uint8_t> out = crop(spec, rgb_image(bytes, 7, 6));
  for (int y = 0; y < 3; ++y) {  // left (7 - 4) / 2 = 1, top (6 - 3) / 2 = 1
    EXPECT_EQ(std::memcmp(&out[y * 12], &bytes[((y + 1) * 7 + 1) * 3], 12), 0) << "row " << y;
  }
}

TEST(Crop, CutsTheSquareOfCropFractionRoundedUp) {
  const std::vector<uint8_t> bytes = picture(8, 6);
  oar_preprocess_spec spec = plain_spec();
  spec.crop_fraction = 0.5;
  const std::vector<uint8_t> out = crop(spec, rgb_image(bytes, 8, 6));
  ASSERT_EQ(out.size(), 27U);
  for (int y = 0; y < 3; ++y) {  // left (8 - 3 + 1) / 2 = 3, top (6 - 3 + 1) / 2 = 2
    EXPECT_EQ(std::memcmp(&out[y * 9], &bytes[((y + 2) * 8 + 3) * 3], 9), 0) << "row " << y;
  }
}

TEST(Crop, TakesTheSmallestPicture) {
  const std::vector<uint8_t> bytes = {10, 20, 30};
  const std::vector<uint8_t> out = crop(imagenet_spec(), rgb_image(bytes, 1, 1));
  ASSERT_EQ(out.size(), 224U * 224 * 3);
  for (size_t i = 0; i < out.size(); ++i) ASSERT_EQ(out[i], bytes[i % 3]) << i;
}

TEST(Crop, TakesPicturesOneThousandTimesAsWideAsHigh) {
  const std::vector<uint8_t> bytes = picture(4000, 1);
  EXPECT_EQ(crop(imagenet_spec(), rgb_image(bytes, 4000, 1)).size(), 224U * 224 * 3);
  EXPECT_EQ(crop(imagenet_spec(), rgb_image(bytes, 1, 4000)).size(), 224U * 224 * 3);
}

// ---- Pixel formats

TEST(Formats, AgreeOnThePicture) {
  constexpr int32_t kWidth = 37;
  constexpr int32_t kHeight = 29;
  const std::vector<uint8_t> rgb = picture(kWidth, kHeight);
  std::vector<uint8_t> bgr;
  std::vector<uint8_t> rgba;
  for (size_t i = 0; i < rgb.size(); i += 3) {
    bgr.insert(bgr.end(), {rgb[i + 2], rgb[i + 1], rgb[i]});
    rgba.insert(rgba.end(), {rgb[i], rgb[i + 1], rgb[i + 2], static_cast<uint8_t>(i)});
  }
  for (const int interpolation : {0, 1, 2}) {
    oar_preprocess_spec spec = imagenet_spec();
    spec.interpolation = static_cast<oar_interpolation>(interpolation);
    const std::vector<uint8_t> expected = crop(spec, rgb_image(rgb, kWidth, kHeight));
    oar_image image = {sizeof image, OAR_PIXEL_BGR, bgr.data(), kWidth, kHeight, kWidth * 3};
    EXPECT_EQ(crop(spec, image), expected);
    image = {sizeof image, OAR_PIXEL_RGBA, rgba.data(), kWidth, kHeight, kWidth * 4};
    EXPECT_EQ(crop(spec, image), expected);
  }
}

TEST(Formats, CopyGreyToAllChannels) {
  const std::vector<uint8_t> gray = {0, 50, 100, 150, 200, 250};
  const oar_image image = {sizeof image, OAR_PIXEL_GRAY, gray.data(), 3, 2, 3};
  const std::vector<uint8_t> out = crop(plain_spec(), image);
  ASSERT_EQ(out.size(), 18U);
  for (size_t i = 0; i < out.size(); ++i) EXPECT_EQ(out[i], gray[i / 3]) << i;
}

TEST(Formats, ComeOutInTheOrderOfTheModel) {
  const std::vector<uint8_t> rgb = {1, 2, 3, 4, 5, 6};
  oar_preprocess_spec spec = plain_spec();
  spec.color = OAR_COLOR_BGR;
  oar_image image = rgb_image(rgb, 2, 1);
  EXPECT_EQ(crop(spec, image), (std::vector<uint8_t>{3, 2, 1, 6, 5, 4}));
  image.format = OAR_PIXEL_BGR;
  EXPECT_EQ(crop(spec, image), rgb);
}

TEST(Formats, SkipWhatLiesBetweenTheRows) {
  const std::vector<uint8_t> dense = picture(19, 23);
  constexpr int64_t kStride = 19 * 3 + 11;
  std::vector<uint8_t> padded(kStride * 22 + 19 * 3, 0xEE);  // the last row ends with its last pixel
  for (size_t y = 0; y < 23; ++y) std::memcpy(&padded[y * kStride], &dense[y * 19 * 3], 19 * 3);
  oar_image image = rgb_image(padded, 19, 23);
  image.row_stride = kStride;
  EXPECT_EQ(crop(imagenet_spec(), image), crop(imagenet_spec(), rgb_image(dense, 19, 23)));
}

// ---- Tensors

TEST(Run, NormalisesWithThreeRoundings) {
  std::vector<uint8_t> bytes(256 * 3);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i / 3);
  oar_preprocess_spec spec = imagenet_spec();
  spec.resize = OAR_RESIZE_NONE;
  spec.crop_width = spec.crop_height = 0;
  const std::vector<float> tensor = run(spec, rgb_image(bytes, 256, 1));
  for (size_t channel = 0; channel < 3; ++channel) {
    for (size_t byte = 0; byte < 256; ++byte) {
      volatile float value = static_cast<float>(byte) * spec.scale;  // volatile: a rounding after every operation
      value = value - spec.mean[channel];
      value = value / spec.std[channel];
      EXPECT_EQ(tensor[channel * 256 + byte], value) << "channel " << channel << ", byte " << byte;
    }
  }
}

TEST(Run, LaysOutPlanesOrPixels) {
  const std::vector<uint8_t> bytes = picture(5, 3);
  oar_preprocess_spec spec = plain_spec();
  const std::vector<float> planes = run(spec, rgb_image(bytes, 5, 3));
  spec.layout = OAR_LAYOUT_NHWC;
  const std::vector<float> pixels = run(spec, rgb_image(bytes, 5, 3));
  for (size_t pixel = 0; pixel < 15; ++pixel) {
    for (size_t channel = 0; channel < 3; ++channel) {
      const auto expected = static_cast<float>(bytes[pixel * 3 + channel]);
      EXPECT_EQ(planes[channel * 15 + pixel], expected);
      EXPECT_EQ(pixels[pixel * 3 + channel], expected);
    }
  }
}

TEST(Run, NumbersMeanAndStdInTheOrderOfTheModel) {
  const std::vector<uint8_t> rgb = {10, 20, 30};
  oar_preprocess_spec spec = plain_spec();
  spec.color = OAR_COLOR_BGR;
  for (int channel = 0; channel < 3; ++channel) {
    spec.mean[channel] = static_cast<float>(channel);
    spec.std[channel] = static_cast<float>(1 << channel);
  }
  EXPECT_EQ(run(spec, rgb_image(rgb, 1, 1)), (std::vector<float>{30.0F, 9.5F, 2.0F}));
}

TEST(Run, GivesTheSameBitsInManyThreads) {
  const std::vector<uint8_t> bytes = picture(640, 480);
  const oar_image image = rgb_image(bytes, 640, 480);
  const std::vector<float> expected = run(imagenet_spec(), image);
  const auto preprocessor = make_preprocessor(imagenet_spec());
  std::vector<std::vector<float>> tensors(4, std::vector<float>(expected.size()));
  std::vector<std::thread> threads;
  for (std::vector<float>& tensor : tensors) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5; ++i) oar_preprocessor_run(preprocessor.get(), &image, tensor.data(), tensor.size());
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::vector<float>& tensor : tensors) EXPECT_EQ(tensor, expected);
}

// ---- Bad input

TEST(Buffers, MustHaveTheExactSize) {
  const std::vector<uint8_t> bytes = picture(20, 10);
  const oar_image image = rgb_image(bytes, 20, 10);
  const auto preprocessor = make_preprocessor(plain_spec());
  std::vector<uint8_t> out(601, 0xEE);
  for (const size_t wrong : {0, 599, 601}) {
    EXPECT_EQ(oar_preprocessor_crop(preprocessor.get(), &image, out.data(), wrong), OAR_INVALID_ARGUMENT);
    EXPECT_EQ(oar_last_error(), "argument 'out_bytes' is " + std::to_string(wrong) +
                                    ", expected 600 (10 rows x 20 columns x 3 channels)");
  }
  EXPECT_EQ(out, std::vector<uint8_t>(601, 0xEE));
  std::vector<float> floats(600);
  EXPECT_EQ(oar_preprocessor_run(preprocessor.get(), &image, floats.data(), 2400), OAR_INVALID_ARGUMENT);
  EXPECT_STREQ(oar_last_error(), "argument 'out_count' is 2400, expected 600 (10 rows x 20 columns x 3 channels)");
}

struct BadImage {
  const char* what;
  void (*spoil)(oar_image&);
  oar_status status;
  const char* message;  // a part of it
};

// Enum values that the enum does not have, as a program in another language would pass them.
template <class Enum>
void set_enum(Enum& field, int32_t value) {
  std::memcpy(&field, &value, sizeof value);
}

constexpr BadImage kBadImages[] = {
    {"struct_size", [](oar_image& image) { image.struct_size = 8; }, OAR_INVALID_ARGUMENT,
     "oar_image.struct_size is 8"},
    {"data", [](oar_image& image) { image.data = nullptr; }, OAR_INVALID_ARGUMENT, "'image.data' is NULL"},
    {"format", [](oar_image& image) { set_enum(image.format, 77); }, OAR_BAD_IMAGE, "image.format is 77"},
    {"negative format", [](oar_image& image) { set_enum(image.format, -1); }, OAR_BAD_IMAGE, "image.format is -1"},
    {"width", [](oar_image& image) { image.width = 0; }, OAR_BAD_IMAGE, "image is 0 x 10 pixels"},
    {"height", [](oar_image& image) { image.height = -3; }, OAR_BAD_IMAGE, "image is 20 x -3 pixels"},
    {"large width", [](oar_image& image) { image.width = 1000001; }, OAR_BAD_IMAGE, "expected sides of 1 to 1000000"},
    {"stride", [](oar_image& image) { image.row_stride = 59; }, OAR_BAD_IMAGE,
     "image.row_stride is 59 bytes, expected at least 60 (width 20 of 3 bytes a pixel)"},
    {"negative stride", [](oar_image& image) { image.row_stride = -60; }, OAR_BAD_IMAGE, "image.row_stride is -60"},
    {"huge stride", [](oar_image& image) { image.row_stride = std::numeric_limits<int64_t>::max() / 8; }, OAR_BAD_IMAGE,
     "beyond the address space"},
};

TEST(Images, AreRefusedWithTheFieldThatIsWrong) {
  const std::vector<uint8_t> bytes = picture(20, 10);
  const auto preprocessor = make_preprocessor(plain_spec());
  std::vector<uint8_t> out(600);
  std::vector<float> floats(600);
  for (const BadImage& bad : kBadImages) {
    oar_image image = rgb_image(bytes, 20, 10);
    bad.spoil(image);
    EXPECT_EQ(oar_preprocessor_crop(preprocessor.get(), &image, out.data(), 600), bad.status) << bad.what;
    EXPECT_NE(std::string(oar_last_error()).find(bad.message), std::string::npos) << oar_last_error();
    EXPECT_EQ(oar_preprocessor_run(preprocessor.get(), &image, floats.data(), 600), bad.status) << bad.what;
  }
}

TEST(Images, OfOneRowMayHaveAnyStride) {
  const std::vector<uint8_t> bytes = picture(20, 1);
  oar_image image = rgb_image(bytes, 20, 1);
  image.row_stride = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(crop(plain_spec(), image), bytes);
}

TEST(NullPointers, AreNamed) {
  const std::vector<uint8_t> bytes = picture(1, 1);
  const oar_image image = rgb_image(bytes, 1, 1);
  const oar_preprocess_spec spec = plain_spec();
  const auto preprocessor = make_preprocessor(spec);
  oar_preprocessor* created = nullptr;
  uint8_t byte;
  float number;
  int32_t side;

  EXPECT_EQ(oar_preprocessor_create(nullptr, &created), OAR_INVALID_ARGUMENT);
  EXPECT_STREQ(oar_last_error(), "argument 'spec' is NULL");
  EXPECT_EQ(oar_preprocessor_create(&spec, nullptr), OAR_INVALID_ARGUMENT);
  EXPECT_STREQ(oar_last_error(), "argument 'out' is NULL");
  EXPECT_EQ(oar_preprocessor_output_size(nullptr, 1, 1, &side, &side), OAR_INVALID_ARGUMENT);
  EXPECT_EQ(oar_preprocessor_output_size(preprocessor.get(), 1, 1, nullptr, &side), OAR_INVALID_ARGUMENT);
  EXPECT_EQ(oar_preprocessor_output_size(preprocessor.get(), 1, 1, &side, nullptr), OAR_INVALID_ARGUMENT);
  EXPECT_STREQ(oar_last_error(), "argument 'out_height' is NULL");
  EXPECT_EQ(oar_preprocessor_crop(nullptr, &image, &byte, 3), OAR_INVALID_ARGUMENT);
  EXPECT_EQ(oar_preprocessor_crop(preprocessor.get(), nullptr, &byte, 3), OAR_INVALID_ARGUMENT);
  EXPECT_STREQ(oar_last_error(), "argument 'image' is NULL");
  EXPECT_EQ(oar_preprocessor_crop(preprocessor.get(), &image, nullptr, 3), OAR_INVALID_ARGUMENT);
  EXPECT_EQ(oar_preprocessor_run(nullptr, &image, &number, 3), OAR_INVALID_ARGUMENT);
  EXPECT_EQ(oar_preprocessor_run(preprocessor.get(), nullptr, &number, 3), OAR_INVALID_ARGUMENT);
  EXPECT_EQ(oar_preprocessor_run(preprocessor.get(), &image, nullptr, 3), OAR_INVALID_ARGUMENT);
  oar_preprocessor_destroy(nullptr);
}

struct BadSpec {
  void (*spoil)(oar_preprocess_spec&);
  const char* message;  // a part of it
};

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

constexpr BadSpec kBadSpecs[] = {
    {[](oar_preprocess_spec& spec) { spec.struct_size = 0; }, "oar_preprocess_spec.struct_size is 0"},
    {[](oar_preprocess_spec& spec) { set_enum(spec.color, 2); }, "spec.color is 2, expected 0 to 1"},
    {[](oar_preprocess_spec& spec) { set_enum(spec.resize, 3); }, "spec.resize is 3, expected 0 to 2"},
    {[](oar_preprocess_spec& spec) { set_enum(spec.interpolation, -1); }, "spec.interpolation is -1, expected 0 to 2"},
    {[](oar_preprocess_spec& spec) { set_enum(spec.layout, 2); }, "spec.layout is 2, expected 0 to 1"},
    {[](oar_preprocess_spec& spec) { spec.crop_fraction = -0.1; }, "spec.crop_fraction is -0.1"},
    {[](oar_preprocess_spec& spec) { spec.crop_fraction = 1.1; }, "spec.crop_fraction is 1.1"},
    {[](oar_preprocess_spec& spec) { spec.crop_fraction = static_cast<double>(kNan); }, "spec.crop_fraction is nan"},
    {[](oar_preprocess_spec& spec) { spec.resize_short = 0; }, "spec.resize_short is 0, expected 1 to 16384"},
    {[](oar_preprocess_spec& spec) { spec.resize_short = 16385; }, "spec.resize_short is 16385"},
    {[](oar_preprocess_spec& spec) { spec.resize = OAR_RESIZE_EXACT; }, "spec.resize_width is 0"},
    {[](oar_preprocess_spec& spec) { spec.crop_width = 0; }, "spec.crop_width is 0, expected 1 to 16384"},
    {[](oar_preprocess_spec& spec) { spec.crop_height = -1; }, "spec.crop_height is -1"},
    {[](oar_preprocess_spec& spec) { spec.scale = kNan; }, "spec.scale is nan, expected a finite number"},
    {[](oar_preprocess_spec& spec) { spec.mean[2] = kNan; }, "spec.mean[2] is nan"},
    {[](oar_preprocess_spec& spec) { spec.std[1] = 0; }, "spec.std[1] is 0"},
    {[](oar_preprocess_spec& spec) { spec.std[1] = 1e-44F; }, "beyond float32"},
    {[](oar_preprocess_spec& spec) { spec.scale = 3e38F; }, "beyond float32"},
};

TEST(Specs, AreRefusedWithTheFieldThatIsWrong) {
  for (const BadSpec& bad : kBadSpecs) {
    oar_preprocess_spec spec = imagenet_spec();
    bad.spoil(spec);
    oar_preprocessor* preprocessor = nullptr;
    EXPECT_EQ(oar_preprocessor_create(&spec, &preprocessor), OAR_INVALID_ARGUMENT) << bad.message;
    EXPECT_NE(std::string(oar_last_error()).find(bad.message), std::string::npos) << oar_last_error();
    EXPECT_EQ(preprocessor, nullptr);
  }
}

TEST(Specs, MayHoldAnythingInUnusedFields) {
  oar_preprocess_spec spec = imagenet_spec();
  spec.resize_width = spec.resize_height = -5;
  EXPECT_NE(make_preprocessor(spec), nullptr);
}

}  // namespace
