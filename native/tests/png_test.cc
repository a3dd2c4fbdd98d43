#include "png.h"

#include <gtest/gtest.h>

#include <string>

#include "failures.h"
#include "pictures.h"
#include "png_writer.h"

namespace {

using namespace oarlock::testing;  // NOLINT
using oarlock::ByteSource;
using oarlock::PngPicture;

std::optional<PngPicture> read(const std::string& file) {
  return oarlock::read_stored_png(ByteSource::from_memory("a.png", file.data(), file.size()));
}

::testing::AssertionResult refuses(const std::string& file, const std::string& part) {
  return fails(OAR_BAD_BUNDLE, part, [&] { read(file); });
}

TEST(StoredPng, GivesThePixels) {
  const std::vector<uint8_t> pixels = oarlock_test::picture(5, 7);
  const std::optional<PngPicture> picture = read(png_file(5, 7, pixels));
  ASSERT_TRUE(picture);
  EXPECT_EQ(picture->width, 5);
  EXPECT_EQ(picture->height, 7);
  EXPECT_EQ(picture->pixels, pixels);
  EXPECT_EQ(picture->image().row_stride, 15);
}

TEST(StoredPng, UndoesEveryFilter) {
  // The same row in five guises; for the last two the numbers are those of the standard's formulas.
  const std::string rows(
      "\0\x0a\x14\x1e\x0c\x18\x24"    // none
      "\x01\x0a\x14\x1e\x02\x04\x06"  // left
      "\x02\0\0\0\0\0\0"              // above
      "\x03\x05\x0a\x0f\x01\x02\x03"  // half of left + above
      "\x04\0\0\0\0\0\0",             // Paeth: above
      35);
  const std::optional<PngPicture> picture = read(png_of_rows(2, 5, rows));
  ASSERT_TRUE(picture);
  const std::vector<uint8_t> row = {10, 20, 30, 12, 24, 36};
  for (size_t y = 0; y < 5; ++y) {
    EXPECT_EQ(std::vector<uint8_t>(picture->pixels.begin() + static_cast<ptrdiff_t>(y * 6),
                                   picture->pixels.begin() + static_cast<ptrdiff_t>(y * 6 + 6)),
              row)
        << y;
  }
  EXPECT_TRUE(refuses(png_of_rows(1, 1, std::string("\x05\0\0\0", 4)), "unknown filter"));
}

TEST(StoredPng, DataInManyChunksAndBlocks) {
  const std::string stream = zlib_stream(std::string("\0\x03\0\xfc\xff\0\x01\x02", 8) + stored_block("\x03"));
  const std::string file = png_header(1, 1) + png_chunk("tEXt", "a remark") + png_chunk("IDAT", stream.substr(0, 6)) +
                           png_chunk("IDAT", stream.substr(6)) + png_chunk("IEND", "");
  const std::optional<PngPicture> picture = read(file);
  ASSERT_TRUE(picture);
  EXPECT_EQ(picture->pixels, (std::vector<uint8_t>{1, 2, 3}));
}

TEST(StoredPng, CompressedOnesAreForOthers) {
  // zlib's deflate of four zeros.
  const std::string stream("\x78\x9c\x63\x60\x60\x60\x00\x00\x00\x04\x00\x01", 12);
  EXPECT_FALSE(read(png_header(1, 1) + png_chunk("IDAT", stream) + png_chunk("IEND", "")));
}

TEST(StoredPng, OtherFilesAreRefused) {
  EXPECT_TRUE(refuses("", "is too short"));
  EXPECT_TRUE(refuses("\xff\xd8\xff\xe0 a JPEG", "is no PNG"));
  EXPECT_TRUE(refuses(png_header(1, 1, std::string("\x10\x02\0\0\0", 5)), "another kind"));
  EXPECT_TRUE(refuses(png_header(1, 1, std::string("\x08\x06\0\0\0", 5)), "another kind"));
  EXPECT_TRUE(refuses(png_header(1, 1, std::string("\x08\x02\0\0\x01", 5)), "another kind"));
  EXPECT_TRUE(refuses(png_header(0, 1), "sides that no picture has"));
  EXPECT_TRUE(refuses(png_header(1, 0xffffffff), "sides that no picture has"));
  EXPECT_TRUE(refuses(png_header(1, 1) + png_header(1, 1).substr(8), "another place"));
}

TEST(StoredPng, DamagedOnesAreRefused) {
  const std::string good = png_file(2, 2, oarlock_test::picture(2, 2));
  EXPECT_TRUE(refuses(good.substr(0, good.size() - 13), "ends"));
  EXPECT_TRUE(refuses(good.substr(0, 40), "ends"));
  EXPECT_TRUE(refuses(png_of_rows(2, 2, std::string(13, '\0')), "more or fewer rows"));
  EXPECT_TRUE(refuses(png_of_rows(1000000, 1000000, std::string(14, '\0')), "more or fewer rows"));
  const auto of_stream = [](const std::string& stream) {
    return png_header(1, 1) + png_chunk("IDAT", stream) + png_chunk("IEND", "");
  };
  EXPECT_TRUE(refuses(of_stream(""), "no zlib stream"));
  EXPECT_TRUE(refuses(of_stream("\x79\x01"), "no zlib stream"));
  EXPECT_TRUE(refuses(of_stream("\x78\x01"), "ends within its zlib stream"));
  EXPECT_TRUE(refuses(of_stream(zlib_stream(std::string("\x01\x04\0\xfa\xff\0\0\0\0", 9))), "contradicts itself"));
  EXPECT_TRUE(refuses(of_stream(std::string("\x78\x01\x01\xff\0\0\xff\0", 8)), "ends within its zlib stream"));
}

}  // namespace
