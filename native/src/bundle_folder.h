// The folder of a bundle. Everything in it is what it seems: no links, no devices, nothing above it or elsewhere.
#ifndef OARLOCK_SRC_BUNDLE_FOLDER_H_
#define OARLOCK_SRC_BUNDLE_FOLDER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "bundle_manifest.h"
#include "byte_source.h"

namespace oarlock {

class BundleFolder {
 public:
  // OAR_NOT_FOUND, OAR_IO, OAR_BAD_BUNDLE when it is a file. The bundle itself may be reached through links.
  explicit BundleFolder(const std::string& path);

  const std::string& path() const { return path_; }  // Absolute, without links.
  std::string path_of(const std::string& name) const { return path_ + "/" + name; }

  // Whether something of the name is there, be it what it may.
  bool has(const std::string& name) const;
  // OAR_BAD_BUNDLE unless a file that the manifest lists is a regular file of its size, reached without a link.
  void check(const BundleFile& file) const;
  // Opens a file after the same checks, but that of its size.
  ByteSource open(const std::string& name) const;
  // The content of a file. OAR_BAD_BUNDLE when it is larger than `most` bytes.
  std::string read_text(const std::string& name, uint64_t most) const;
  // The names of everything in the folder and the folders in it, "golden" and "golden/0.png", sorted.
  std::vector<std::string> entries() const;

 private:
  uint64_t check_plain_file(const std::string& name) const;

  std::string path_;
};

// The content of an opened text file. OAR_BAD_BUNDLE when it is larger than `most` bytes.
std::string read_text(const ByteSource& file, uint64_t most);

}  // namespace oarlock

#endif  // OARLOCK_SRC_BUNDLE_FOLDER_H_
