#include "selftest_compare.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "npy.h"
#include "npy_writer.h"

namespace {

using oarlock::ByteSource;
using oarlock::compare;
using oarlock::Difference;
using oarlock::FirstClass;
using oarlock::NpyArray;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN(), kInf = std::numeric_limits<float>::infinity();

NpyArray read(const std::string& file) {
  return oarlock::read_npy(ByteSource::from_memory("a.npy", file.data(), file.size()));
}

NpyArray floats(const std::vector<int64_t>& shape, const std::vector<float>& values) {
  return read(oarlock::testing::npy_floats(shape, values));
}

template <class T>
NpyArray row(const std::string& descr, const std::vector<T>& values) {
  const std::string shape = std::to_string(values.size());
  return read(
      oarlock::testing::npy_file("{'descr': '" + descr + "', 'fortran_order': False, 'shape': (" + shape + ",), }",
                                 std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T))));
}

Difference difference(const NpyArray& found, const NpyArray& expected) {
  return compare(found.tensor("found"), expected.tensor("expected"));
}

TEST(Compare, CountsAndMeasures) {
  const Difference result = difference(floats({4}, {1, 2, -3, 4}), floats({4}, {1, 2.5F, 3, 4}));
  EXPECT_EQ(result.elements, 4U);
  EXPECT_EQ(result.not_finite, 0U);
  EXPECT_EQ(result.differing, 2U);
  EXPECT_EQ(result.largest, 6);
  EXPECT_EQ(result.largest_expected, 4);
}

TEST(Compare, WhatIsNotFiniteIsCountedAndNotMeasured) {
  const Difference result = difference(floats({4}, {kNan, kInf, -kInf, 2}), floats({4}, {9, 9, 9, 1}));
  EXPECT_EQ(result.not_finite, 3U);
  EXPECT_EQ(result.differing, 4U);
  EXPECT_EQ(result.largest, 1);
  EXPECT_EQ(result.largest_expected, 9);
  EXPECT_EQ(oarlock::count_not_finite(floats({4}, {kNan, kInf, -kInf, 2}).tensor("x")), 3U);
}

TEST(Compare, BitsOfOneDtypeAndValuesOfTwo) {
  EXPECT_EQ(difference(floats({1}, {-0.0F}), floats({1}, {0.0F})).differing, 1U);
  EXPECT_EQ(difference(row<int32_t>("<i4", {1, 2}), row<int64_t>("<i8", {1, 2})).differing, 0U);
  EXPECT_EQ(difference(row<int32_t>("<i4", {1, 2}), row<int64_t>("<i8", {1, 3})).differing, 1U);
}

TEST(Compare, EveryDtypeHasItsValue) {
  const NpyArray expected = row<double>("<f8", {0, 1, 2});
  const auto is_equal = [&](const NpyArray& found) { return difference(found, expected).largest == 0; };
  EXPECT_TRUE(is_equal(row<float>("<f4", {0, 1, 2})));
  EXPECT_TRUE(is_equal(row<int64_t>("<i8", {0, 1, 2})));
  EXPECT_TRUE(is_equal(row<int16_t>("<i2", {0, 1, 2})));
  EXPECT_TRUE(is_equal(row<int8_t>("|i1", {0, 1, 2})));
  EXPECT_TRUE(is_equal(row<uint8_t>("|u1", {0, 1, 2})));
  EXPECT_TRUE(is_equal(row<uint16_t>("<f2", {0, 0x3c00, 0x4000})));
}

TEST(Compare, HalfPrecision) {
  // The largest number, the smallest normal one, the smallest of all, a negative one.
  const NpyArray halves = row<uint16_t>("<f2", {0x7bff, 0x0400, 0x0001, 0xc500});
  const NpyArray values = row<double>("<f8", {65504, std::ldexp(1, -14), std::ldexp(1, -24), -5});
  EXPECT_EQ(difference(halves, values).differing, 0U);
  EXPECT_EQ(oarlock::count_not_finite(row<uint16_t>("<f2", {0x7c00, 0xfc00, 0x7e00, 0}).tensor("x")), 3U);
}

TEST(FirstClasses, RowByRow) {
  const NpyArray expected = floats({3, 3}, {1, 5, 2, 7, 7, 1, 0, 1, 2}),
                 found = floats({3, 3}, {3, 2, 1, 7, 7, 1, 0, 4, 3});
  const std::vector<FirstClass> rows = oarlock::first_classes(found.tensor("y"), expected.tensor("y"));
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].expected, 1);
  EXPECT_EQ(rows[0].found, 0);
  EXPECT_EQ(rows[0].place, 2);
  EXPECT_EQ(rows[1].expected, 0);  // The lower of two equals.
  EXPECT_EQ(rows[1].place, 1);
  EXPECT_EQ(rows[2].found, 1);
  EXPECT_EQ(rows[2].place, 2);
}

TEST(FirstClasses, NoneWithoutRows) {
  const NpyArray flat = floats({3}, {1, 2, 3}), none = floats({2, 0}, {});
  EXPECT_TRUE(oarlock::first_classes(flat.tensor("y"), flat.tensor("y")).empty());
  EXPECT_TRUE(oarlock::first_classes(none.tensor("y"), none.tensor("y")).empty());
}

}  // namespace
