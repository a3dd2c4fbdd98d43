// bundle.json, format version 1, by docs/schema/bundle.schema.json.
#ifndef OARLOCK_SRC_BUNDLE_MANIFEST_H_
#define OARLOCK_SRC_BUNDLE_MANIFEST_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "oarlock.h"

namespace oarlock {

// A file beside bundle.json. The name is plain: at most one folder deep, no "..", not absolute.
struct BundleFile {
  std::string name;
  std::string sha256;  // Lower-case hexadecimal.
  uint64_t size = 0;
};

struct BundleVariant {
  std::string id;  // "TARGET-PRECISION".
  std::string target;
  std::string precision;
  BundleFile file;
};

struct BundleManifest {
  std::vector<BundleVariant> variants;
  std::optional<oar_preprocess_spec> preprocess;
  std::optional<BundleFile> labels;
  int64_t label_count = 0;
  std::map<std::string, BundleFile> files;  // All of them by name.
};

// Validates the whole document. `file` stands for it in messages. OAR_BAD_BUNDLE with the field, what was found and
// what was expected; OAR_VERSION_MISMATCH for an unknown format version.
BundleManifest parse_bundle_manifest(const std::string& json, const std::string& file);

}  // namespace oarlock

#endif  // OARLOCK_SRC_BUNDLE_MANIFEST_H_
