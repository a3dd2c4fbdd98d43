// A bundle on disk that is right, to be broken by tests.
#ifndef OARLOCK_TESTS_SAMPLE_BUNDLE_H_
#define OARLOCK_TESTS_SAMPLE_BUNDLE_H_

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "temporary_folder.h"

namespace oarlock {
namespace testing {

// bundle.json of a classifier with the variants x86-fp32, x86-int8, arm64-fp32, arm64-fp16 and armv7-fp32 in files of
// their names, three labels and one golden case. Hashes and sizes are those of the given contents.
struct SampleBundle {
  TemporaryFolder folder;
  nlohmann::json manifest;

  explicit SampleBundle(const std::string& model);

  // The bundle's path, after writing bundle.json as it is now.
  std::string write() const;
  // Writes a file of the bundle and returns {"file", "sha256", "size"} for it.
  nlohmann::json add_file(const std::string& name, const std::string& content) const;
};

}  // namespace testing
}  // namespace oarlock

#endif  // OARLOCK_TESTS_SAMPLE_BUNDLE_H_
