#include "bundle.h"

#include <algorithm>
#include <set>
#include <sstream>

#include "bundle_signature.h"
#include "bundle_variants.h"
#include "file_hash.h"
#include "session.h"
#include "status.h"
#include "utf8.h"

using oarlock::BundleFile;
using oarlock::BundleVariant;
using oarlock::ByteSource;
using oarlock::fail;
using oarlock::FileIdentity;
using oarlock::required;

namespace {

constexpr const char* kManifestFile = "bundle.json";
constexpr uint64_t kLargestManifest = uint64_t{4} << 20;
constexpr uint64_t kLargestLabels = uint64_t{16} << 20;
constexpr uint64_t kLargestSignature = uint64_t{64} << 10;

std::string read_manifest_text(const oarlock::BundleFolder& folder) {
  if (!folder.has(kManifestFile)) {
    fail(OAR_BAD_BUNDLE, folder.path(), ": has no bundle.json, so it is no bundle; make one with `oarlock opt`");
  }
  return folder.read_text(kManifestFile, kLargestManifest);
}

std::string cache_of(const oar_bundle_options* options) {
  if (options == nullptr) return "";
  oarlock::check_struct_size(options->struct_size, sizeof *options, "oar_bundle_options");
  return options->cache == nullptr ? "" : options->cache;
}

}  // namespace

oar_bundle::oar_bundle(const std::string& path, const std::string& cache)
    : folder_(path),
      memo_(cache),
      json_(read_manifest_text(folder_)),
      manifest_(oarlock::parse_bundle_manifest(json_, folder_.path_of(kManifestFile))) {
  for (const auto& [name, file] : manifest_.files) folder_.check(file);
  if (manifest_.labels) read_labels();
}

void oar_bundle::read_labels() {
  const ByteSource file = open_verified(*manifest_.labels);
  std::istringstream lines(oarlock::read_text(file, kLargestLabels));
  for (std::string line; std::getline(lines, line);) {
    if (!oarlock::is_utf8_text(line)) {
      fail(OAR_BAD_BUNDLE, file.name(), ": line ", labels_.size() + 1, " is no UTF-8 text");
    }
    labels_.push_back(line);
  }
  if (static_cast<int64_t>(labels_.size()) != manifest_.label_count) {
    fail(OAR_BAD_BUNDLE, file.name(), ": has ", labels_.size(), " lines, but bundle.json says ", manifest_.label_count);
  }
}

const char* oar_bundle::label(int32_t class_id) const {
  if (class_id < 0 || static_cast<size_t>(class_id) >= labels_.size()) return nullptr;
  return labels_[static_cast<size_t>(class_id)].c_str();
}

const BundleVariant& oar_bundle::pick_variant(const char* id) const {
  return id == nullptr ? oarlock::best_variant(manifest_.variants, path())
                       : oarlock::named_variant(manifest_.variants, id, path());
}

bool oar_bundle::is_known(const std::string& name, const FileIdentity& identity, const std::string& sha256) const {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto known = verified_.find(name);
    if (known != verified_.end() && known->second == identity.text()) return true;
  }
  return memo_.knows(identity, sha256);
}

ByteSource oar_bundle::open_verified(const BundleFile& file) const {
  folder_.check(file);
  ByteSource source = folder_.open(file.name);
  const FileIdentity identity = source.identity();
  if (is_known(file.name, identity, file.sha256)) return source;
  const std::string found = oarlock::sha256_hex(source);
  if (found != file.sha256) {
    fail(OAR_HASH_MISMATCH, source.name(), ": has the SHA-256 ", found, ", but bundle.json says ", file.sha256,
         ": the file was damaged or replaced; copy the bundle again");
  }
  // A file that was changed while it was hashed has another identity by now.
  if (!identity.is_settled()) return source;
  memo_.remember(identity, file.sha256);
  const std::lock_guard<std::mutex> lock(mutex_);
  verified_[file.name] = identity.text();
  return source;
}

const std::string& oar_bundle::verified_path(const std::string& name) const {
  const auto file = manifest_.files.find(name);
  if (file == manifest_.files.end()) fail(OAR_NOT_FOUND, path(), ": bundle.json lists no file '", name, "'");
  open_verified(file->second);
  const std::lock_guard<std::mutex> lock(mutex_);
  return paths_.emplace(name, folder_.path_of(name)).first->second;
}

void oar_bundle::verify_signature(const oarlock::PublicKey& key, const std::string& key_name) const {
  if (!folder_.has(oarlock::kSignatureFile)) {
    fail(OAR_UNSIGNED, path(), ": has no ", oarlock::kSignatureFile,
         ", so nobody has signed it, expected the signature ", "of ", key_name,
         ": use a signed bundle, or sign this one with `oarlock sign`");
  }
  const std::string signature = folder_.read_text(oarlock::kSignatureFile, kLargestSignature);
  oarlock::check_signature(signature, folder_.path_of(oarlock::kSignatureFile), json_, key, key_name);
  check_nothing_else_is_there();
}

void oar_bundle::check_nothing_else_is_there() const {
  std::set<std::string> known = {kManifestFile, oarlock::kSignatureFile};
  for (const auto& [name, file] : manifest_.files) {
    known.insert(name);
    if (name.find('/') != std::string::npos) known.insert(name.substr(0, name.find('/')));
  }
  for (const std::string& name : folder_.entries()) {
    if (known.count(name) == 0) {
      fail(OAR_CHANGED_AFTER_SIGNING, folder_.path_of(name),
           ": is in the bundle, but was not signed with it: remove it");
    }
  }
}

oar_status oar_bundle_open(const char* path, const oar_bundle_options* options, oar_bundle** out) {
  return oarlock::guard([&] {
    required(out, "out");
    *out = new oar_bundle(&required(path, "path"), cache_of(options));
  });
}

void oar_bundle_close(oar_bundle* bundle) { delete bundle; }

oar_status oar_bundle_verify_signature(const oar_bundle* bundle, const char* key_name, const char* public_key) {
  return oarlock::guard([&] {
    const auto& checked = required(bundle, "bundle");
    const std::string name = &required(key_name, "key_name");
    checked.verify_signature(oarlock::PublicKey(&required(public_key, "public_key"), name), name);
  });
}

const char* oar_bundle_json(const oar_bundle* bundle) { return bundle == nullptr ? "" : bundle->json().c_str(); }

oar_status oar_bundle_file(const oar_bundle* bundle, const char* name, const char** path) {
  return oarlock::guard([&] {
    required(path, "path");
    *path = required(bundle, "bundle").verified_path(&required(name, "name")).c_str();
  });
}

oar_status oar_bundle_pick_variant(const oar_bundle* bundle, const char* id, const char** out) {
  return oarlock::guard([&] {
    required(out, "out");
    *out = required(bundle, "bundle").pick_variant(id).id.c_str();
  });
}

oar_status oar_bundle_open_session(const oar_bundle* bundle, oar_engine* engine, const char* variant,
                                   const oar_session_options* options, oar_session** out) {
  return oarlock::guard([&] {
    required(out, "out");
    const auto& checked = required(bundle, "bundle");
    auto& checked_engine = required(engine, "engine");
    const BundleVariant& picked = checked.pick_variant(variant);
    const ByteSource file = checked.open_verified(picked.file);
    *out = oarlock::open_session(checked_engine, file, nullptr, options);
  });
}

oar_status oar_bundle_preprocess(const oar_bundle* bundle, oar_preprocess_spec* spec) {
  return oarlock::guard([&] {
    const auto& checked = required(bundle, "bundle");
    oarlock::check_struct_size(required(spec, "spec").struct_size, sizeof *spec, "oar_preprocess_spec");
    if (!checked.manifest().preprocess) {
      fail(OAR_NOT_A_CLASSIFIER, checked.path(), ": has no preprocessing: its model does not take pictures");
    }
    *spec = *checked.manifest().preprocess;
  });
}

const char* oar_bundle_label(const oar_bundle* bundle, int32_t class_id) {
  return bundle == nullptr ? nullptr : bundle->label(class_id);
}
