// A bundle directory (NAME.oar/).
#ifndef OARLOCK_SRC_BUNDLE_H_
#define OARLOCK_SRC_BUNDLE_H_

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "bundle_folder.h"
#include "bundle_manifest.h"
#include "byte_source.h"
#include "hash_memo.h"
#include "oarlock.h"
#include "public_key.h"

struct oar_bundle {
 public:
  // Reads bundle.json, checks that every file it lists is there, is no link and has its size, and reads the labels,
  // whose hash is checked. `cache` is the folder of the HashMemo.
  oar_bundle(const std::string& path, const std::string& cache);

  const std::string& json() const { return json_; }
  const oarlock::BundleManifest& manifest() const { return manifest_; }
  const std::string& path() const { return folder_.path(); }
  const char* label(int32_t class_id) const;

  // The variant called `id`, or for nullptr the most exact one for this CPU.
  const oarlock::BundleVariant& pick_variant(const char* id) const;
  // An opened file of the bundle whose hash is right.
  oarlock::ByteSource open_verified(const oarlock::BundleFile& file) const;
  // The absolute path of a listed file whose hash is right.
  const std::string& verified_path(const std::string& name) const;
  // By oar_bundle_verify_signature.
  void verify_signature(const oarlock::PublicKey& key, const std::string& key_name) const;

 private:
  void read_labels();
  void check_nothing_else_is_there() const;
  bool is_known(const std::string& name, const oarlock::FileIdentity& identity, const std::string& sha256) const;

  oarlock::BundleFolder folder_;
  oarlock::HashMemo memo_;
  std::string json_;
  oarlock::BundleManifest manifest_;
  std::vector<std::string> labels_;
  // What open_verified has found right: the identity of the file by name. A file that changes is hashed again. Beside
  // the memo, which may be unusable.
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::string> verified_;
  mutable std::map<std::string, std::string> paths_;
};

#endif  // OARLOCK_SRC_BUNDLE_H_
