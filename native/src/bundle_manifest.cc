#include "bundle_manifest.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "bundle_preprocess.h"
#include "bundle_signature.h"
#include "json_field.h"
#include "status.h"

namespace oarlock {
namespace {

constexpr int64_t kFormatVersion = 1;
constexpr int64_t kLargest = std::numeric_limits<int64_t>::max();
constexpr size_t kMostEntries = 65536;
constexpr const char* kCustomTarget = "custom";  // Made with --places, never picked by itself.
constexpr size_t kLongestName = 255;             // What file systems take for each part of a path.

bool is_plain_character(char c, bool first) {
  if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_') return true;
  return !first && (c == '.' || c == '-');
}

// What its maker calls a variant of the target "custom".
bool is_word(const std::string& name) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  return !name.empty() && std::all_of(name.begin(), name.end(), fits);
}

bool is_plain_name(const std::string& name) {
  if (name.size() > kLongestName) return false;
  bool first = true;
  for (const char c : name) {
    if (c == '/' ? first : !is_plain_character(c, first)) return false;
    first = c == '/';
  }
  return !first && std::count(name.begin(), name.end(), '/') <= 1;
}

class ManifestReader {
 public:
  explicit ManifestReader(JsonField root) : root_(std::move(root)) {}

  BundleManifest read() {
    check_format(root_, "oarlock-bundle", kFormatVersion);
    root_.object({"format", "format_version", "name", "created_by", "inputs", "preprocess", "outputs", "labels",
                  "variants", "source", "golden"});
    manifest_.name = root_["name"].non_empty_string();
    const JsonField creator = root_["created_by"].object({"tool", "version"});
    creator["tool"].string();
    creator["version"].string();
    for (const JsonField& input : root_["inputs"].items(1, kMostEntries))
      read_tensor(input.object({"name", "shape", "dtype"}));
    for (const JsonField& output : root_["outputs"].items(1, kMostEntries)) {
      read_tensor(output.object({"name", "shape", "dtype", "meaning"}));
      if (output["meaning"].one_of({"tensor", "logits", "probabilities"}) != 0) {
        manifest_.class_outputs.insert(output["name"].string());
      }
    }
    if (!root_["preprocess"].is_null()) manifest_.preprocess = read_bundle_preprocess(root_["preprocess"]);
    read_labels(root_["labels"]);
    for (const JsonField& variant : root_["variants"].items(1, kMostEntries)) read_variant(variant);
    read_source(root_["source"]);
    read_golden(root_["golden"]);
    return std::move(manifest_);
  }

 private:
  static void read_tensor(const JsonField& tensor) {
    tensor["name"].string();
    for (const JsonField& dimension : tensor["shape"].items(0, OAR_MAX_RANK)) dimension.integer(-1, kLargest);
    tensor["dtype"].one_of({"float32", "float64", "float16", "int64", "int32", "int16", "int8", "uint8", "bool"});
  }

  static std::string read_hash(const JsonField& field) {
    const std::string hash = field.string();
    const bool sound = hash.size() == 64 && hash.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (!sound) field.expected("64 lower-case hexadecimal digits");
    return hash;
  }

  // The keys "file", "sha256" and "size" of an object that has them.
  BundleFile read_file(const JsonField& object, int64_t smallest) {
    BundleFile file;
    file.name = object["file"].string();
    if (!is_plain_name(file.name)) {
      object["file"].expected(
          text("a plain name inside the bundle, at most one folder deep and ", kLongestName, " characters long"));
    }
    if (file.name == "bundle.json" || file.name == kSignatureFile) {
      object["file"].bad("is \"", file.name, "\", which is about the bundle and cannot be listed in it");
    }
    file.sha256 = read_hash(object["sha256"]);
    file.size = static_cast<uint64_t>(object["size"].integer(smallest, kLargest));
    const auto [known, is_new] = manifest_.files.emplace(file.name, file);
    if (!is_new && (known->second.sha256 != file.sha256 || known->second.size != file.size)) {
      object.bad("gives the file \"", file.name, "\" another hash or size than an earlier entry does");
    }
    return file;
  }

  void read_labels(const JsonField& labels) {
    if (labels.is_null()) return;
    labels.object({"file", "sha256", "size", "count"});
    manifest_.labels = read_file(labels, 0);
    manifest_.label_count = labels["count"].integer(1, std::numeric_limits<int32_t>::max());
  }

  void read_variant(const JsonField& field) {
    field.object({"id", "target", "precision", "file", "sha256", "size", "engine", "ops", "kernels", "quantisation"},
                 {"places"});
    BundleVariant variant;
    field["target"].one_of({"x86", "arm64", "armv7", "opencl", kCustomTarget});
    variant.id = field["id"].string();
    variant.target = field["target"].string();
    variant.precision = field["precision"].string();
    if (variant.target != kCustomTarget) {
      field["precision"].one_of({"fp32", "fp16", "int8w", "int16w", "int8"});
    } else if (!is_word(variant.precision)) {
      field["precision"].expected("a name of lower-case letters, digits and underscores");
    }
    if (field.has("places")) {
      for (const JsonField& place : field["places"].items(1, kMostEntries)) place.non_empty_string();
    }
    if (variant.id != variant.target + "-" + variant.precision) {
      field["id"].bad("is \"", variant.id, "\", expected \"", variant.target, "-", variant.precision, "\"");
    }
    for (const BundleVariant& other : manifest_.variants) {
      if (other.id == variant.id) field["id"].bad("is \"", variant.id, "\", which an earlier variant is called too");
    }
    variant.file = read_file(field, 1);
    const JsonField engine = field["engine"].object({"name", "version"});
    engine["name"].one_of({"paddle-lite"});
    engine["version"].string();
    field["ops"].integer(0, kLargest);
    for (const auto& kernel : field["kernels"].entries()) kernel.second.integer(1, kLargest);
    if (!field["quantisation"].is_null()) field["quantisation"].entries();
    manifest_.variants.push_back(variant);
  }

  static void read_source(const JsonField& source) {
    source.object({"kind", "files", "paddle_version", "repairs"}, {"zoo"});
    source["kind"].one_of({"legacy", "pir", "zoo"});
    if (source.has("zoo") && !source["zoo"].is_null()) {
      const JsonField zoo = source["zoo"].object({"name", "weights"}, {"seed"});
      zoo["name"].string();
      zoo["weights"].string();
      if (zoo.has("seed") && !zoo["seed"].is_null()) zoo["seed"].integer(std::numeric_limits<int64_t>::min(), kLargest);
    }
    for (const JsonField& file : source["files"].items(0, kMostEntries)) {
      file.object({"name", "sha256", "size"});
      file["name"].string();
      read_hash(file["sha256"]);
      file["size"].integer(0, kLargest);
    }
    if (!source["paddle_version"].is_null()) source["paddle_version"].string();
    for (const JsonField& repair : source["repairs"].items(0, kMostEntries)) {
      repair.object({"name", "count", "reason"});
      repair["name"].string();
      repair["count"].integer(1, kLargest);
      repair["reason"].string();
    }
  }

  std::vector<BundleArray> read_arrays(const JsonField& arrays) {
    std::vector<BundleArray> result;
    for (const JsonField& recorded : arrays.items(1, kMostEntries)) {
      recorded.object({"name", "file", "sha256", "size"});
      result.push_back({recorded["name"].string(), read_file(recorded, 1)});
    }
    return result;
  }

  BundleCase read_case(const JsonField& field) {
    field.object({"name", "image", "inputs", "outputs"});
    BundleCase result;
    result.name = field["name"].string();
    if (!field["image"].is_null()) {
      result.picture = read_file(field["image"].object({"file", "sha256", "size"}), 0);
    }
    result.inputs = read_arrays(field["inputs"]);
    result.outputs = read_arrays(field["outputs"]);
    return result;
  }

  void read_golden(const JsonField& field) {
    if (field.is_null()) return;
    field.object({"reference", "cases", "tolerances"});
    BundleGolden golden;
    const JsonField reference = field["reference"].object({"engine", "version", "device"});
    golden.engine = reference["engine"].string();
    golden.version = reference["version"].string();
    golden.device = reference["device"].string();
    for (const JsonField& each : field["cases"].items(1, kMostEntries)) golden.cases.push_back(read_case(each));
    for (const auto& tolerance : field["tolerances"].entries()) {
      const JsonField limit = tolerance.second.object({"max_relative_error"})["max_relative_error"];
      if (!(limit.number() > 0)) limit.bad("is ", limit.number(), ", expected a number above 0");
      golden.tolerances[tolerance.first] = limit.number();
    }
    manifest_.golden = std::move(golden);
  }

  JsonField root_;
  BundleManifest manifest_;
};

}  // namespace

BundleManifest parse_bundle_manifest(const std::string& json, const std::string& file) {
  const nlohmann::ordered_json document = parse_json(json, file, OAR_BAD_BUNDLE);
  return ManifestReader(JsonField(document, file, OAR_BAD_BUNDLE)).read();
}

}  // namespace oarlock
