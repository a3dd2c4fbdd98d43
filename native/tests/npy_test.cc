#include "npy.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "failures.h"
#include "npy_writer.h"

namespace {

using oarlock::ByteSource;
using oarlock::NpyArray;
using oarlock::testing::fails;
using oarlock::testing::npy_file;

NpyArray read(const std::string& file) {
  return oarlock::read_npy(ByteSource::from_memory("a.npy", file.data(), file.size()));
}

::testing::AssertionResult refuses(const std::string& file, const std::string& part) {
  return fails(OAR_BAD_BUNDLE, part, [&] { read(file); });
}

std::string four_floats(const std::string& header) { return npy_file(header, std::string(16, '\0')); }

TEST(Npy, ReadsWhatNumpyWrites) {
  const float values[] = {1.5F, -2, 0, 3, 4, 5};
  const std::string data(reinterpret_cast<const char*>(values), sizeof values);
  const NpyArray array = read(npy_file("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", data));
  EXPECT_EQ(array.dtype, OAR_FLOAT32);
  EXPECT_EQ(array.shape, (std::vector<int64_t>{2, 3}));
  ASSERT_EQ(array.count(), 6U);
  EXPECT_EQ(std::memcmp(array.data.data(), values, sizeof values), 0);
  const oar_tensor tensor = array.tensor("x");
  EXPECT_STREQ(tensor.name, "x");
  EXPECT_EQ(tensor.rank, 2);
  EXPECT_EQ(tensor.dims[1], 3);
  EXPECT_EQ(tensor.bytes, sizeof values);
}

TEST(Npy, EveryDtype) {
  const std::pair<const char*, oar_dtype> dtypes[] = {{"<f4", OAR_FLOAT32}, {"<f8", OAR_FLOAT64}, {"<f2", OAR_FLOAT16},
                                                      {"<i8", OAR_INT64},   {"<i4", OAR_INT32},   {"<i2", OAR_INT16},
                                                      {"|i1", OAR_INT8},    {"|u1", OAR_UINT8},   {"|b1", OAR_BOOL}};
  for (const auto& [descr, dtype] : dtypes) {
    const std::string header = std::string("{'descr': '") + descr + "', 'fortran_order': False, 'shape': (3,), }";
    const size_t size = descr[2] - '0';
    const NpyArray array = read(npy_file(header, std::string(3 * size, '\1')));
    EXPECT_EQ(array.dtype, dtype) << descr;
    EXPECT_EQ(array.count(), 3U) << descr;
  }
}

TEST(Npy, ScalarsAndEmptyArrays) {
  EXPECT_TRUE(read(npy_file("{'descr': '|u1', 'fortran_order': False, 'shape': (), }", "a")).shape.empty());
  EXPECT_EQ(read(npy_file("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 7), }", "")).count(), 0U);
}

TEST(Npy, OtherFilesAreRefused) {
  EXPECT_TRUE(refuses("", "is no .npy file: has 0 bytes"));
  EXPECT_TRUE(refuses("not a .npy file at all", "is no .npy file of format version 1.0"));
  std::string later = four_floats("{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }");
  later[6] = '\x02';
  EXPECT_TRUE(refuses(later, "format version 1.0"));
}

TEST(Npy, HeadersThatNumpyDoesNotWrite) {
  EXPECT_TRUE(refuses(four_floats("{'descr': '>f4', 'fortran_order': False, 'shape': (4,), }"), "'descr'"));
  EXPECT_TRUE(refuses(four_floats("{'descr': '|O', 'fortran_order': False, 'shape': (4,), }"), "'descr'"));
  EXPECT_TRUE(refuses(four_floats("{'descr': '<f4', 'fortran_order': True, 'shape': (4,), }"), "C order"));
  EXPECT_TRUE(refuses(four_floats("{'descr': '<f4', 'fortran_order': False, 'shape': (-4,), }"), "whole numbers"));
  EXPECT_TRUE(refuses(four_floats("{'descr': '<f4', 'fortran_order': False, 'shape': (4.0,), }"), "the dict"));
  EXPECT_TRUE(refuses(four_floats("{'descr': '<f4', 'fortran_order': False, 'shape': 4, }"), "the dict"));
  EXPECT_TRUE(refuses(four_floats("{'descr': '<f4', 'fortran_order': False, }"), "lacks one of the keys"));
  EXPECT_TRUE(refuses(four_floats("{'descr': '<f4', 'descr': '<f4', 'shape': (4,), }"), "or twice"));
  EXPECT_TRUE(refuses(four_floats("{'descr': '<f4', 'fortran_order': False, 'shape': (4,), 'more': 1}"), "a key"));
  EXPECT_TRUE(refuses(four_floats("{'descr': '<f4', 'fortran_order': False, 'shape': (4,), } x"), "goes on"));
  EXPECT_TRUE(
      refuses(four_floats("{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,4)}"), "dimensions"));
}

TEST(Npy, SizesMustFitTheFile) {
  const std::string good = four_floats("{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }");
  EXPECT_TRUE(refuses(good + "x", "has 17 bytes of values, but its shape and dtype take 16"));
  EXPECT_TRUE(refuses(good.substr(0, good.size() - 1), "has 15 bytes of values"));
  EXPECT_TRUE(refuses(good.substr(0, 20), "ends within the header"));
  EXPECT_TRUE(refuses(four_floats("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 99999999999), }"),
                      "beyond all memory"));
  EXPECT_TRUE(refuses(four_floats("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }"),
                      "beyond all files"));
}

}  // namespace
