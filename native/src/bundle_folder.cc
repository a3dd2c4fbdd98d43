#include "bundle_folder.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "status.h"

namespace oarlock {
namespace {

[[noreturn]] void fail_with_errno(const std::string& path, const char* what) {
  fail(OAR_IO, path, ": cannot be ", what, ": ", std::strerror(errno));
}

std::string absolute_folder(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> resolved(::realpath(path.c_str(), nullptr), std::free);
  if (resolved == nullptr) {
    if (errno == ENOENT || errno == ENOTDIR) fail(OAR_NOT_FOUND, path, ": no such bundle");
    fail_with_errno(path, "examined");
  }
  struct stat status;
  if (::stat(resolved.get(), &status) != 0) fail_with_errno(path, "examined");
  if (!S_ISDIR(status.st_mode)) fail(OAR_BAD_BUNDLE, path, ": is a file, expected a bundle (a folder NAME.oar)");
  return resolved.get();
}

bool is_folder(const std::string& path) {
  struct stat status;
  return ::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

// Names without "." and "..", each after `prefix`.
std::vector<std::string> names_in(const std::string& path, const std::string& prefix) {
  struct Close {
    void operator()(DIR* folder) const { ::closedir(folder); }
  };
  const std::unique_ptr<DIR, Close> folder(::opendir(path.c_str()));
  if (folder == nullptr) fail_with_errno(path, "listed");
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(prefix + name);
  }
  return names;
}

}  // namespace

BundleFolder::BundleFolder(const std::string& path) : path_(absolute_folder(path)) {}

bool BundleFolder::has(const std::string& name) const {
  struct stat status;
  return ::lstat(path_of(name).c_str(), &status) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

// By lstat, so that a link anywhere below the bundle is seen. Returns the size.
uint64_t BundleFolder::check_plain_file(const std::string& name) const {
  const size_t slash = name.find('/');
  struct stat status;
  if (slash != std::string::npos) {
    const std::string folder = path_of(name.substr(0, slash));
    if (::lstat(folder.c_str(), &status) == 0 && !S_ISDIR(status.st_mode)) {
      fail(OAR_BAD_BUNDLE, folder, ": is a link or a file, expected a folder of the bundle");
    }
  }
  const std::string path = path_of(name);
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) fail(OAR_BAD_BUNDLE, path, ": is missing, though bundle.json lists it");
    fail_with_errno(path, "examined");
  }
  if (S_ISLNK(status.st_mode)) fail(OAR_BAD_BUNDLE, path, ": is a link; a bundle holds its files itself");
  if (!S_ISREG(status.st_mode)) fail(OAR_BAD_BUNDLE, path, ": is no regular file; a bundle holds nothing else");
  return static_cast<uint64_t>(status.st_size);
}

void BundleFolder::check(const BundleFile& file) const {
  const uint64_t size = check_plain_file(file.name);
  if (size != file.size) {
    fail(OAR_BAD_BUNDLE, path_of(file.name), ": has ", size, " bytes, but bundle.json says ", file.size,
         ": copy the bundle again");
  }
}

ByteSource BundleFolder::open(const std::string& name) const {
  check_plain_file(name);
  return ByteSource::open_file(path_of(name));
}

std::string BundleFolder::read_text(const std::string& name, uint64_t most) const {
  return oarlock::read_text(open(name), most);
}

std::vector<std::string> BundleFolder::entries() const {
  std::vector<std::string> entries = names_in(path_, "");
  for (size_t i = 0, count = entries.size(); i < count; ++i) {
    if (!is_folder(path_of(entries[i]))) continue;
    for (std::string& name : names_in(path_of(entries[i]), entries[i] + "/")) entries.push_back(std::move(name));
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

std::string read_text(const ByteSource& file, uint64_t most) {
  if (file.size() > most) {
    fail(OAR_BAD_BUNDLE, file.name(), ": has ", file.size(), " bytes, expected at most ", most);
  }
  std::string content(static_cast<size_t>(file.size()), '\0');
  file.read(0, content.data(), content.size());
  return content;
}

}  // namespace oarlock
