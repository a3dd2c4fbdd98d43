// What tests/arm_linux/test_parity.py cannot see from outside: EXIF data of every shape, and who is refused how.
#include "pictures/picture_file.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "failure.h"
#include "pictures/formats.h"

namespace oarlock {
namespace app {
namespace {

using Bytes = std::vector<uint8_t>;

Bytes number(uint32_t value, size_t bytes, bool little) {
  Bytes result(bytes);
  for (size_t i = 0; i < bytes; ++i) result[little ? i : bytes - 1 - i] = static_cast<uint8_t>(value >> (8 * i));
  return result;
}

// A TIFF structure with one directory, whose entries are the orientation's alone.
struct Exif {
  bool little = true;
  uint16_t type = 3;
  uint32_t count = 1;
  uint32_t value = 6;
  uint32_t directory = 8;
  size_t value_bytes = 2;

  Bytes bytes() const {
    Bytes result = little ? Bytes{'I', 'I', 42, 0} : Bytes{'M', 'M', 0, 42};
    const auto put = [&](uint32_t value, size_t size) {
      for (const uint8_t byte : number(value, size, little)) result.push_back(byte);
    };
    put(directory, 4);
    put(1, 2);
    put(0x0112, 2);
    put(type, 2);
    put(count, 4);
    put(value, value_bytes);
    put(0, 4 - value_bytes);
    put(0, 4);
    return result;
  }
  int orientation() const {
    const Bytes all = bytes();
    return formats::exif_orientation(all.data(), all.size());
  }
};

TEST(Exif, BothByteOrdersAndAllWholeNumbers) {
  for (const bool little : {true, false}) {
    for (uint32_t orientation = 1; orientation <= 8; ++orientation) {
      Exif exif;
      exif.little = little;
      exif.value = orientation;
      EXPECT_EQ(exif.orientation(), static_cast<int>(orientation));
      exif.type = 4;
      exif.value_bytes = 4;
      EXPECT_EQ(exif.orientation(), static_cast<int>(orientation));
    }
  }
}

TEST(Exif, WhatSaysNothingIsUpright) {
  const auto with = [](auto change) {
    Exif exif;
    change(exif);
    return exif.orientation();
  };
  EXPECT_EQ(with([](Exif& exif) { exif.value = 0; }), 1);
  EXPECT_EQ(with([](Exif& exif) { exif.value = 9; }), 1);
  EXPECT_EQ(with([](Exif& exif) { exif.type = 2; }), 1);   // text
  EXPECT_EQ(with([](Exif& exif) { exif.type = 77; }), 1);  // a type that there is not
  EXPECT_EQ(with([](Exif& exif) { exif.count = 0; }), 1);
  EXPECT_EQ(with([](Exif& exif) { exif.count = 3; }), 1);           // elsewhere, beyond the end
  EXPECT_EQ(with([](Exif& exif) { exif.count = 0xFFFFFFFF; }), 1);  // far beyond it
  EXPECT_EQ(with([](Exif& exif) { exif.directory = 9; }), 1);       // crooked
  EXPECT_EQ(with([](Exif& exif) { exif.directory = 0xFFFFFFFF; }), 1);
}

TEST(Exif, CutAnywhereItReadsNothingBeyond) {
  const Bytes whole = Exif().bytes();
  for (size_t size = 0; size < whole.size(); ++size) {
    const Bytes part(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    const int orientation = formats::exif_orientation(part.data(), part.size());
    EXPECT_TRUE(orientation == 1 || (orientation == 6 && size >= 22)) << size;
  }
}

TEST(Turn, UndoesEachOrientation) {
  // What the standard says of each: where the picture's first row and column are in the stored one. A turn by quarters
  // and a mirror make eight different pictures.
  EXPECT_EQ(turn_of(1).degrees, 0);
  EXPECT_TRUE(turn_of(2).mirror);
  EXPECT_EQ(turn_of(3).degrees, 180);
  EXPECT_EQ(turn_of(6).degrees, 90);
  EXPECT_EQ(turn_of(8).degrees, 270);
  for (int one = 1; one <= 8; ++one) {
    for (int other = 1; other < one; ++other) {
      EXPECT_FALSE(turn_of(one).degrees == turn_of(other).degrees && turn_of(one).mirror == turn_of(other).mirror);
    }
  }
  for (const int none : {0, 9, -1}) EXPECT_EQ(turn_of(none).degrees, 0);
}

TEST(PictureSuffix, IsThatOfPythonInAnyCase) {
  for (const char* name :
       {"a.jpg", "a.JPEG", "a.jpe", "a.jfif", "a.Png", "a.bmp", "a.gif", "a.webp", "a.tif", ".tiff"}) {
    EXPECT_TRUE(has_picture_suffix(name)) << name;
  }
  for (const char* name : {"jpg", "a.jp", "a.jpg.txt", "a.heic", ""}) EXPECT_FALSE(has_picture_suffix(name)) << name;
}

std::string code_of(const std::string& content, int64_t max_pixels = 1000) {
  try {
    decode_picture("it", reinterpret_cast<const uint8_t*>(content.data()), content.size(), max_pixels);
  } catch (const Failure& failure) {
    EXPECT_EQ(std::string(failure.what()).rfind("it: ", 0), 0u) << failure.what();
    return failure.code();
  }
  return "";
}

TEST(DecodePicture, KindsAreToldByTheirFirstBytes) {
  using namespace std::string_literals;
  EXPECT_EQ(code_of(""), "OAR-BAD-IMAGE");
  EXPECT_EQ(code_of("\xff"), "OAR-BAD-IMAGE");
  EXPECT_EQ(code_of("\xff\xd8\xff"), "OAR-TRUNCATED-IMAGE");
  EXPECT_EQ(code_of("\x89PNG\r\n\x1a\n"), "OAR-TRUNCATED-IMAGE");
  EXPECT_EQ(code_of("GIF89a......"), "OAR-UNSUPPORTED-IMAGE");
  EXPECT_EQ(code_of("RIFF....WEBPVP8 "), "OAR-UNSUPPORTED-IMAGE");
  EXPECT_EQ(code_of("RUFF....WEBPVP8 "), "OAR-BAD-IMAGE");
  EXPECT_EQ(code_of("II*\0rest"s), "OAR-UNSUPPORTED-IMAGE");
  EXPECT_EQ(code_of("\0\0\0\x1c"
                    "ftypavif"s),
            "OAR-BAD-IMAGE");
  EXPECT_EQ(code_of("%PDF-1.7"), "OAR-BAD-IMAGE");
}

}  // namespace
}  // namespace app
}  // namespace oarlock
