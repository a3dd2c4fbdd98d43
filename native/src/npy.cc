#include "npy.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include "dtype.h"
#include "status.h"

namespace oarlock {
namespace {

constexpr std::string_view kBeginning("\x93NUMPY\x01\x00", 8);  // Format version 1.0.
constexpr size_t kPreamble = 10;                                // The beginning and a uint16, the header's length.
constexpr size_t kLongestNumber = 15;                           // Digits; what has more is no size of ours.

struct Descr {
  const char* text;
  oar_dtype dtype;
};
constexpr Descr kDescrs[] = {{"<f4", OAR_FLOAT32}, {"<f8", OAR_FLOAT64}, {"<f2", OAR_FLOAT16},
                             {"<i8", OAR_INT64},   {"<i4", OAR_INT32},   {"<i2", OAR_INT16},
                             {"|i1", OAR_INT8},    {"|u1", OAR_UINT8},   {"|b1", OAR_BOOL}};

// The header: a dict of Python's with the keys descr, fortran_order and shape, such as
//     {'descr': '<f4', 'fortran_order': False, 'shape': (1, 3, 224, 224), }
class HeaderReader {
 public:
  HeaderReader(const std::string& file, std::string_view text) : file_(file), rest_(text) {}

  void read(NpyArray& array) {
    expect("{");
    bool descr = false, order = false, shape = false;
    while (!accept("}")) {
      const std::string key = quoted();
      expect(":");
      if (key == "descr" && !descr) {
        descr = true;
        array.dtype = dtype();
      } else if (key == "fortran_order" && !order) {
        order = true;
        if (!accept("False")) bad("is not in C order ('fortran_order': False)");
      } else if (key == "shape" && !shape) {
        shape = true;
        array.shape = sizes();
      } else {
        bad("has a key that does not belong there, or twice");
      }
      if (!accept(",")) {
        expect("}");
        break;
      }
    }
    if (!descr || !order || !shape) bad("lacks one of the keys descr, fortran_order and shape");
    skip_blanks();
    if (!rest_.empty()) bad("goes on after its dict");
  }

 private:
  [[noreturn]] void bad(const char* what) const {
    fail(OAR_BAD_BUNDLE, file_, ": the header of the .npy file ", what, "; make the bundle again with `oarlock opt`");
  }

  void skip_blanks() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\n')) rest_.remove_prefix(1);
  }

  bool accept(std::string_view word) {
    skip_blanks();
    if (rest_.substr(0, word.size()) != word) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  void expect(const char* word) {
    if (!accept(word)) bad("is not the dict that NumPy writes");
  }

  std::string quoted() {
    expect("'");
    const size_t end = rest_.find('\'');
    if (end == std::string_view::npos) bad("is not the dict that NumPy writes");
    std::string result(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    return result;
  }

  oar_dtype dtype() {
    const std::string found = quoted();
    for (const Descr& descr : kDescrs) {
      if (found == descr.text) return descr.dtype;
    }
    bad("has a 'descr' that is not one of <f4 <f8 <f2 <i8 <i4 <i2 |i1 |u1 |b1");
  }

  std::vector<int64_t> sizes() {
    std::vector<int64_t> result;
    expect("(");
    while (!accept(")")) {
      if (result.size() == OAR_MAX_RANK) bad("has more than 8 dimensions");
      result.push_back(size());
      if (!accept(",")) {
        expect(")");
        break;
      }
    }
    return result;
  }

  int64_t size() {
    skip_blanks();
    int64_t value = 0;
    size_t digits = 0;
    for (; digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9'; ++digits) {
      if (digits == kLongestNumber) bad("has a size beyond all files");
      value = value * 10 + (rest_[digits] - '0');
    }
    if (digits == 0) bad("has a shape that is not a tuple of whole numbers");
    rest_.remove_prefix(digits);
    return value;
  }

  const std::string& file_;
  std::string_view rest_;
};

uint64_t bytes_of(const NpyArray& array, const std::string& file) {
  uint64_t bytes = dtype_size(array.dtype);
  for (const int64_t size : array.shape) {
    if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(size), &bytes)) {
      fail(OAR_BAD_BUNDLE, file, ": the shape in the header of the .npy file is beyond all memory");
    }
  }
  return bytes;
}

}  // namespace

size_t NpyArray::count() const { return data.size() / dtype_size(dtype); }

oar_tensor NpyArray::tensor(const char* name) const {
  oar_tensor result = {};
  result.struct_size = sizeof result;
  result.dtype = dtype;
  result.name = name;
  result.rank = static_cast<int32_t>(shape.size());
  std::copy(shape.begin(), shape.end(), result.dims);
  result.data = data.data();
  result.bytes = data.size();
  return result;
}

NpyArray read_npy(const ByteSource& file) {
  char preamble[kPreamble];
  if (file.size() < kPreamble) fail(OAR_BAD_BUNDLE, file.name(), ": is no .npy file: has ", file.size(), " bytes");
  file.read(0, preamble, kPreamble);
  if (std::string_view(preamble, kBeginning.size()) != kBeginning) {
    fail(OAR_BAD_BUNDLE, file.name(), ": is no .npy file of format version 1.0");
  }
  const size_t length = static_cast<unsigned char>(preamble[8]) | size_t{static_cast<unsigned char>(preamble[9])} << 8;
  if (length > file.size() - kPreamble) {
    fail(OAR_BAD_BUNDLE, file.name(), ": ends within the header of ", length, " bytes");
  }
  std::string header(length, '\0');
  file.read(kPreamble, header.data(), length);
  NpyArray array;
  HeaderReader(file.name(), header).read(array);
  const uint64_t expected = bytes_of(array, file.name()), found = file.size() - kPreamble - length;
  if (found != expected) {
    fail(OAR_BAD_BUNDLE, file.name(), ": has ", found, " bytes of values, but its shape and dtype take ", expected);
  }
  array.data.resize(static_cast<size_t>(found));
  file.read(kPreamble + length, array.data.data(), array.data.size());
  return array;
}

}  // namespace oarlock
