#include "bundle.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <sstream>

#include "bundle_variants.h"
#include "file_hash.h"
#include "session.h"
#include "status.h"

using oarlock::BundleFile;
using oarlock::BundleVariant;
using oarlock::ByteSource;
using oarlock::fail;
using oarlock::required;

namespace {

constexpr uint64_t kLargestText = uint64_t{16} << 20;  // Of bundle.json and of the labels.

std::string absolute_folder(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> resolved(::realpath(path.c_str(), nullptr), std::free);
  if (resolved == nullptr) {
    const int error = errno;
    if (error == ENOENT || error == ENOTDIR) fail(OAR_NOT_FOUND, path, ": no such bundle");
    fail(OAR_IO, path, ": cannot be examined: ", std::strerror(error));
  }
  struct stat status;
  if (::stat(resolved.get(), &status) != 0) fail(OAR_IO, path, ": cannot be examined: ", std::strerror(errno));
  if (!S_ISDIR(status.st_mode)) fail(OAR_BAD_BUNDLE, path, ": is a file, expected a bundle (a folder NAME.oar)");
  return resolved.get();
}

std::string read_text(const ByteSource& file) {
  if (file.size() > kLargestText) {
    fail(OAR_BAD_BUNDLE, file.name(), ": has ", file.size(), " bytes, expected at most ", kLargestText);
  }
  std::string content(static_cast<size_t>(file.size()), '\0');
  file.read(0, content.data(), content.size());
  return content;
}

std::string read_manifest_text(const std::string& folder) {
  const std::string path = folder + "/bundle.json";
  struct stat status;
  if (::lstat(path.c_str(), &status) != 0 && (errno == ENOENT || errno == ENOTDIR)) {
    fail(OAR_BAD_BUNDLE, folder, ": has no bundle.json, so it is no bundle; make one with `oarlock opt`");
  }
  return read_text(ByteSource::open_file(path));
}

}  // namespace

oar_bundle::oar_bundle(const std::string& path)
    : path_(absolute_folder(path)),
      json_(read_manifest_text(path_)),
      manifest_(oarlock::parse_bundle_manifest(json_, path_ + "/bundle.json")) {
  for (const BundleFile& file : manifest_.files) check_file(file);
  if (manifest_.labels) read_labels();
}

// By lstat, so that a link anywhere below the bundle is seen.
void oar_bundle::check_file(const BundleFile& file) const {
  const size_t slash = file.name.find('/');
  struct stat status;
  if (slash != std::string::npos) {
    const std::string folder = path_ + "/" + file.name.substr(0, slash);
    if (::lstat(folder.c_str(), &status) == 0 && !S_ISDIR(status.st_mode)) {
      fail(OAR_BAD_BUNDLE, folder, ": is a link or a file, expected a folder of the bundle");
    }
  }
  const std::string path = path_ + "/" + file.name;
  if (::lstat(path.c_str(), &status) != 0) {
    const int error = errno;
    if (error == ENOENT || error == ENOTDIR) fail(OAR_BAD_BUNDLE, path, ": is missing, though bundle.json lists it");
    fail(OAR_IO, path, ": cannot be examined: ", std::strerror(error));
  }
  if (S_ISLNK(status.st_mode)) fail(OAR_BAD_BUNDLE, path, ": is a link; a bundle holds its files itself");
  if (!S_ISREG(status.st_mode)) fail(OAR_BAD_BUNDLE, path, ": is no regular file, though bundle.json lists it");
  if (static_cast<uint64_t>(status.st_size) != file.size) {
    fail(OAR_BAD_BUNDLE, path, ": has ", status.st_size, " bytes, but bundle.json says ", file.size,
         ": copy the bundle again");
  }
}

void oar_bundle::read_labels() {
  std::istringstream lines(read_text(open_verified(*manifest_.labels)));
  for (std::string line; std::getline(lines, line);) labels_.push_back(line);
  if (static_cast<int64_t>(labels_.size()) != manifest_.label_count) {
    fail(OAR_BAD_BUNDLE, path_, "/", manifest_.labels->name, ": has ", labels_.size(), " lines, but bundle.json says ",
         manifest_.label_count);
  }
}

const char* oar_bundle::label(int32_t class_id) const {
  if (class_id < 0 || static_cast<size_t>(class_id) >= labels_.size()) return nullptr;
  return labels_[static_cast<size_t>(class_id)].c_str();
}

const BundleVariant& oar_bundle::pick_variant(const char* id) const {
  return id == nullptr ? oarlock::best_variant(manifest_.variants, path_)
                       : oarlock::named_variant(manifest_.variants, id, path_);
}

ByteSource oar_bundle::open_verified(const BundleFile& file) const {
  check_file(file);
  ByteSource source = ByteSource::open_file(path_ + "/" + file.name);
  const std::string identity = source.identity();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto known = verified_.find(file.name);
    if (known != verified_.end() && known->second == identity) return source;
  }
  const std::string found = oarlock::sha256_hex(source);
  if (found != file.sha256) {
    fail(OAR_HASH_MISMATCH, source.name(), ": has the SHA-256 ", found, ", but bundle.json says ", file.sha256,
         ": the file was damaged or replaced; copy the bundle again");
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  verified_[file.name] = identity;
  return source;
}

const std::string& oar_bundle::verified_path(const std::string& name) const {
  const auto file = std::find_if(manifest_.files.begin(), manifest_.files.end(),
                                 [&](const BundleFile& candidate) { return candidate.name == name; });
  if (file == manifest_.files.end()) fail(OAR_NOT_FOUND, path_, ": bundle.json lists no file '", name, "'");
  open_verified(*file);
  const std::lock_guard<std::mutex> lock(mutex_);
  return paths_.emplace(name, path_ + "/" + name).first->second;
}

oar_status oar_bundle_open(const char* path, oar_bundle** out) {
  return oarlock::guard([&] {
    required(out, "out");
    *out = new oar_bundle(&required(path, "path"));
  });
}

void oar_bundle_close(oar_bundle* bundle) { delete bundle; }

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
