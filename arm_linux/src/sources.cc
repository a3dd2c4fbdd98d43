#include "sources.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "arguments.h"
#include "pictures/picture_file.h"

namespace oarlock {
namespace app {
namespace {

using Visit = std::function<bool(const Item&)>;

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

bool is_folder(const std::string& path) {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool is_real_folder(const std::string& path) {
  struct stat status;
  return ::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool exists(const std::string& path) {
  struct stat status;
  return ::lstat(path.c_str(), &status) == 0;
}

// False when `visit` wants no more.
bool walk(const std::string& folder, const Visit& visit) {
  const std::unique_ptr<DIR, CloseFolder> opened(::opendir(folder.c_str()));
  if (opened == nullptr) {
    const std::string reason = std::strerror(errno);
    return visit({folder, Failure("OAR-IO", folder + ": cannot be read (" + reason + ")")});
  }
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(opened.get())) {
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    const std::string path = folder.back() == '/' ? folder + name : folder + "/" + name;
    if (is_real_folder(path) ? !walk(path, visit) : has_picture_suffix(name) && !visit({path, std::nullopt})) {
      return false;
    }
  }
  return true;
}

}  // namespace

void check_sources(const std::vector<std::string>& arguments) {
  if (std::count(arguments.begin(), arguments.end(), "-") > 1) {
    throw UsageError("standard input can be read only once: give - once");
  }
  for (const std::string& argument : arguments) {
    if (argument == "-") {
      if (::isatty(STDIN_FILENO) == 1) {
        throw UsageError("- is a picture on standard input, which is a terminal here: add < PICTURE");
      }
    } else if (is_folder(argument)) {
      bool any = false;
      walk(argument, [&any](const Item&) {
        any = true;
        return false;
      });
      if (!any) fail_with("OAR-NOT-FOUND", {argument, ": the folder holds no picture (.jpg, .png, …)"});
    } else if (!exists(argument)) {
      fail_with("OAR-NOT-FOUND", {argument, ": no such file or folder"});
    }
  }
}

void visit_sources(const std::vector<std::string>& arguments, const Visit& visit) {
  for (const std::string& argument : arguments) {
    const bool more = argument != "-" && is_folder(argument) ? walk(argument, visit) : visit({argument, std::nullopt});
    if (!more) return;
  }
}

}  // namespace app
}  // namespace oarlock
