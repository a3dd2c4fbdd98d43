// .npy files for tests.
#ifndef OARLOCK_TESTS_NPY_WRITER_H_
#define OARLOCK_TESTS_NPY_WRITER_H_

#include <cstdint>
#include <string>
#include <vector>

namespace oarlock {
namespace testing {

// Format version 1.0 with this header, sound or not.
inline std::string npy_file(const std::string& header, const std::string& data) {
  const std::string line = header + "\n";
  std::string file("\x93NUMPY\x01\x00", 8);
  file += static_cast<char>(line.size() & 0xff);
  file += static_cast<char>(line.size() >> 8);
  return file + line + data;
}

inline std::string npy_floats(const std::vector<int64_t>& shape, const std::vector<float>& values) {
  std::string sizes;
  for (const int64_t size : shape) sizes += std::to_string(size) + ", ";
  return npy_file("{'descr': '<f4', 'fortran_order': False, 'shape': (" + sizes + "), }",
                  std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)));
}

}  // namespace testing
}  // namespace oarlock

#endif  // OARLOCK_TESTS_NPY_WRITER_H_
