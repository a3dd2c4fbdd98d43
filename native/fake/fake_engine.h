// A stand-in for Paddle Lite's libraries: the same C++ interface, exported symbols and sonames, by the declarations of
// plugin/lite_api.h, with arithmetic that depends on nothing but the inputs.
//
// Per batch row r of the model (the first dimension of every input), with x the values of row r of all inputs one after
// another and n their number,
//
//     sums[j] = sum of x[i] / n over all i with i % 16 == j          (in double, in the order of i)
//     output[r][k] = weight(k, 16) + sum over j of weight(k, j) * sums[j]
//
// where weight(k, j) is in [-1, 1). The output's shape is that of its variable with the batch in place of -1.
//
// Operators of these types in a model, or one of these names in the environment variable OARLOCK_FAKE_FAILURE, make it
// misbehave:
//     fake_throw_create, fake_throw_run, fake_throw_odd_run   a std::runtime_error, or a thrown int
//     fake_null_create                                        no predictor
//     fake_names                                              other names than the file's
//     fake_nan                                                NaN in every output
//     fake_empty                                              outputs of no value
//     fake_abort_create, fake_abort_run                       a line on stderr and abort(), Paddle Lite's way to fail
//     fake_crash_run, fake_exit_run, fake_hang_run            SIGSEGV, exit status 7, no end
// OARLOCK_FAKE_VERSION is what GetVersion() answers ("v2.12" when unset), and OARLOCK_FAKE_CONFIG_BYTES the size of
// ConfigBase that its constructor pretends.
#ifndef OARLOCK_FAKE_FAKE_ENGINE_H_
#define OARLOCK_FAKE_FAKE_ENGINE_H_

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "lite_api.h"

namespace oarlock {
namespace fake {

struct FakeTensor {
  std::string name;
  std::vector<int64_t> description;  // The shape in the file.
  std::vector<int64_t> shape;
  paddle::lite_api::PrecisionType precision = paddle::lite_api::PrecisionType::kFloat;
  std::vector<uint64_t> memory;  // Aligned for every type.

  size_t count() const;
  // Memory for count() values of `size` bytes.
  void* allocate(size_t size);
};

struct FakeModel {
  std::vector<FakeTensor> inputs;
  std::vector<FakeTensor> outputs;
  std::set<std::string> markers;

  // From a file or from its bytes. Throws what Paddle Lite's error build would, a std::exception.
  static FakeModel load(const paddle::lite_api::MobileConfig& config);
  bool is_marked(const char* marker) const;
  // Fills the outputs.
  void run();
};

}  // namespace fake
}  // namespace oarlock

#endif  // OARLOCK_FAKE_FAKE_ENGINE_H_
