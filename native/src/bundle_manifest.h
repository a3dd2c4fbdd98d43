// bundle.json, format version 1, by docs/schema/bundle.schema.json.
#ifndef OARLOCK_SRC_BUNDLE_MANIFEST_H_
#define OARLOCK_SRC_BUNDLE_MANIFEST_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
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

// An array in a .npy file, and the input or output whose value it is.
struct BundleArray {
  std::string name;
  BundleFile file;
};

// What goes in, and what the reference made of it.
struct BundleCase {
  std::string name;
  std::optional<BundleFile> picture;  // What preprocessing turns into the one input.
  std::vector<BundleArray> inputs;
  std::vector<BundleArray> outputs;
};

struct BundleGolden {
  std::string engine;  // Of the reference, as are version and device.
  std::string version;
  std::string device;
  std::vector<BundleCase> cases;
  std::map<std::string, double> tolerances;  // max_relative_error by precision.
};

struct BundleManifest {
  std::string name;  // Of the model.
  std::vector<BundleVariant> variants;
  std::set<std::string> class_outputs;  // The outputs that are logits or probabilities.
  std::optional<oar_preprocess_spec> preprocess;
  std::optional<BundleFile> labels;
  int64_t label_count = 0;
  std::optional<BundleGolden> golden;
  std::map<std::string, BundleFile> files;  // All of them by name.
};

// Validates the whole document. `file` stands for it in messages. OAR_BAD_BUNDLE with the field, what was found and
// what was expected; OAR_VERSION_MISMATCH for an unknown format version.
BundleManifest parse_bundle_manifest(const std::string& json, const std::string& file);

}  // namespace oarlock

#endif  // OARLOCK_SRC_BUNDLE_MANIFEST_H_
