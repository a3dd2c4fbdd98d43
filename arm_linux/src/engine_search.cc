#include "engine_search.h"

#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "cpu.h"
#include "failure.h"
#include "json.h"

namespace oarlock {
namespace app {
namespace {

constexpr const char* kLibrary = "libpaddle_light_api_shared.so";
// Names of libraries, and the folders in which a folder may have them.
constexpr const char* kNames[] = {kLibrary, "lite.so"};
constexpr const char* kPlaces[] = {"/", "/lib/", "/cxx/lib/"};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool is_kind(const std::string& path, mode_t kind) {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0 && (status.st_mode & S_IFMT) == kind;
}

std::string in_folder(const std::string& folder) {
  for (const char* place : kPlaces) {
    for (const char* name : kNames) {
      if (is_kind(folder + place + name, S_IFREG)) return folder + place + name;
    }
  }
  return "";
}

// `source` is the option or variable that says so.
std::string named(const std::string& path, const std::string& source) {
  if (!is_kind(path, S_IFDIR)) {
    if (::access(path.c_str(), F_OK) == 0) return path;
    fail_with("OAR-NOT-FOUND", {path, ": no such file or folder (", source, "), expected Paddle Lite's library"});
  }
  const std::string found = in_folder(path);
  if (found.empty()) {
    fail_with("OAR-NOT-FOUND", {path, ": holds no library of Paddle Lite (", source, "), expected ", kLibrary,
                                " in it, in lib/ or in cxx/lib/"});
  }
  return found;
}

std::string own_folder() {
  char path[PATH_MAX];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path);
  const std::string file(path, static_cast<size_t>(length > 0 ? length : 0));
  return file.substr(0, file.rfind('/') == std::string::npos ? 0 : file.rfind('/'));
}

// The library that a record of the store names; "" when there is no such record, or it cannot be read.
std::string recorded(const std::string& folder) {
  std::ostringstream content;
  content << std::ifstream(folder + "/engine.json").rdbuf();
  const OrderedJson record = parse_json(content.str());
  if (!record.is_object() || !record.contains("engine") || !record["engine"].is_object()) return "";
  const auto library = record["engine"].find("library");
  if (library == record["engine"].end() || !library->is_string()) return "";
  const std::string path = folder + "/" + library->get<std::string>();
  return is_kind(path, S_IFREG) ? path : "";
}

// "oarlock lite install --target arm64 --archive FILE"
std::string install_command(const std::string& version) {
  std::string command = "oarlock lite install";
  if (std::string(cpu_target()) != "x86") command += std::string(" --target ") + cpu_target() + " --archive FILE";
  return version == kDefaultEngineVersion ? command : command + " --version " + version;
}

}  // namespace

std::string store_home() {
  const std::string chosen = variable("OARLOCK_HOME");
  if (!chosen.empty()) return chosen;
  // The XDG specification: a relative path is to be ignored.
  const std::string cache = variable("XDG_CACHE_HOME");
  if (!cache.empty() && cache[0] == '/') return cache + "/oarlock";
  const std::string home = variable("HOME");
  return home.empty() ? "" : home + "/.cache/oarlock";
}

std::string find_engine(const std::string& given, const std::string& version) {
  if (!given.empty()) return named(given, "--engine");
  const std::string chosen = variable("OARLOCK_ENGINE");
  if (!chosen.empty()) return named(chosen, "$OARLOCK_ENGINE");
  const std::string beside = own_folder();
  for (const char* place : {"/", "/lib/"}) {
    if (!beside.empty() && is_kind(beside + place + kLibrary, S_IFREG)) return beside + place + kLibrary;
  }
  const std::string home = store_home();
  const std::string target = cpu_target();
  if (!home.empty()) {
    const std::string found = recorded(home + "/lite/" + version + "/" + target);
    if (!found.empty()) return found;
  }
  fail_with("OAR-ENGINE-NOT-INSTALLED",
            {"Paddle Lite ", version, " for ", target, " is neither beside this program (", kLibrary, ") nor in ",
             (home.empty() ? "a store" : home + "/lite"), ": copy the library there, name it with --engine, or run `",
             install_command(version), "`"});
}

}  // namespace app
}  // namespace oarlock
