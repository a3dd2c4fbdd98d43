// Bundles: a bundle.json of the fuzzer's beside the files that its seeds list. Refused with a typed error, or every
// question to the bundle is answered.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "check.h"
#include "oarlock.h"

namespace {

using oarlock_fuzz::require;
using oarlock_fuzz::succeeded;

void write(const std::string& path, const void* data, size_t size) {
  std::FILE* const file = std::fopen(path.c_str(), "wb");
  const bool written = file != nullptr && std::fwrite(data, 1, size, file) == size;
  require(std::fclose(file) == 0 && written, "the bundle cannot be written");
}

// A folder of this process with the files of make_seeds.py's bundles, removed when the process ends.
class Folder {
 public:
  Folder() {
    path_ = (std::filesystem::temp_directory_path() / "oarlock-fuzz-XXXXXX").string();
    require(mkdtemp(path_.data()) != nullptr, "no temporary folder");
    std::filesystem::create_directory(path_ + "/golden");
    write(path_ + "/labels.txt", "cat\ndog\n", 8);
    write(path_ + "/model.nb", "model", 5);
    write(path_ + "/golden/0.npy", "golden", 6);
  }
  ~Folder() { std::filesystem::remove_all(path_); }

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

void ask_everything(const oar_bundle* bundle) {
  require(oar_bundle_json(bundle)[0] != '\0', "the bundle has no text");
  const char* text = nullptr;
  if (succeeded(oar_bundle_pick_variant(bundle, nullptr, &text), {OAR_NOT_FOUND, OAR_WRONG_TARGET})) {
    require(oar_bundle_pick_variant(bundle, text, &text) == OAR_OK, "the variant has another name");
  }
  for (const char* name : {"labels.txt", "model.nb", "golden/0.npy", "../model.nb", "bundle.json"}) {
    if (succeeded(oar_bundle_file(bundle, name, &text), {OAR_NOT_FOUND, OAR_HASH_MISMATCH})) {
      require(std::string(text).find(name) != std::string::npos, "the file has another path");
    }
  }
  oar_preprocess_spec spec = {};
  spec.struct_size = sizeof spec;
  oar_preprocessor* preprocessor = nullptr;
  if (succeeded(oar_bundle_preprocess(bundle, &spec), {OAR_NOT_A_CLASSIFIER})) {
    require(oar_preprocessor_create(&spec, &preprocessor) == OAR_OK, "the preprocessing is none");
  }
  oar_preprocessor_destroy(preprocessor);
  for (const int32_t id : {-1, 0, 1, 2, 1 << 30}) oar_bundle_label(bundle, id);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Folder folder;
  write(folder.path() + "/bundle.json", data, size);
  oar_bundle* bundle = nullptr;
  const oar_status status = oar_bundle_open(folder.path().c_str(), nullptr, &bundle);
  if (succeeded(status, {OAR_BAD_BUNDLE, OAR_VERSION_MISMATCH, OAR_HASH_MISMATCH, OAR_IO})) {
    ask_everything(bundle);
  }
  oar_bundle_close(bundle);
  return 0;
}
