#include "engine_library.h"

#include <dlfcn.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "elf_file.h"
#include "oarlock.h"
#include "status.h"

namespace oarlock {
namespace {

// Which plugins may fit the libraries of a soname, in the order in which they are tried. 2.12's is first and names
// functions that 2.11 and 2.10 lack; 2.11's would bind to 2.12, too.
struct Flavour {
  const char* soname;
  std::vector<const char*> plugins;
  const char* description;
};

const Flavour kFlavours[] = {
    {"liblite_pybind.so",
     {"liboarlock_lite_full_2_12.so", "liboarlock_lite_full_2_11.so", "liboarlock_lite_full_2_10.so",
      "liboarlock_lite_full_2_14.so"},
     "lite.so of the paddlelite wheel"},
    {"libpaddle_light_api_shared.so", {"liboarlock_lite_light_2_12.so"}, "libpaddle_light_api_shared.so of a release"},
};
constexpr const char* kPythonSymbols = "liboarlock_python_symbols.so";
constexpr const char* kMkl = "libmklml_intel.so";
// A function of every engine: ConfigBase::set_threads(int).
constexpr const char* kAnySymbol = "_ZN6paddle8lite_api10ConfigBase11set_threadsEi";
// Exported by engines that open MKL by name as soon as a model is loaded, and abort without it.
constexpr const char* kMklMarker = "_ZN6paddle4lite3x8616mklml_dso_handleE";

const Flavour& flavour_of(const std::string& path) {
  const std::string soname = read_soname(path);
  for (const Flavour& flavour : kFlavours) {
    if (soname == flavour.soname) return flavour;
  }
  fail(OAR_ENGINE_UNAVAILABLE, path, ": is a shared library ", soname.empty() ? "without a soname" : "called " + soname,
       ", expected ", kFlavours[0].soname, " (", kFlavours[0].description, ") or ", kFlavours[1].soname, " (",
       kFlavours[1].description, ")");
}

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

std::string last_dl_error() {
  const char* error = ::dlerror();
  return error == nullptr ? "no reason given" : error;
}

// The file that the core is in: a library, or the program itself, whose name the loader has from whoever started it.
std::string own_file() {
  Dl_info core;
  const void* address = reinterpret_cast<const void*>(&oar_engine_load);
  if (::dladdr(address, &core) == 0 || core.dli_fname == nullptr) return "";
  Dl_info program;
  const auto headers = reinterpret_cast<const void*>(::getauxval(AT_PHDR));
  if (::dladdr(headers, &program) == 0 || program.dli_fbase != core.dli_fbase) return core.dli_fname;
  char path[PATH_MAX];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path);
  return length <= 0 ? core.dli_fname : std::string(path, static_cast<size_t>(length));
}

// The file of ours called `name`: beside the core when it is there, else left to the system to find.
std::string companion(const char* name) {
  const std::string own = own_file();
  if (own.find('/') == std::string::npos) return name;
  const std::string beside = folder_of(own) + "/" + name;
  return exists(beside) ? beside : name;
}

// The file that a loaded Paddle Lite library came from; `otherwise` when that cannot be told.
std::string file_of(void* library, const char* otherwise) {
  Dl_info info;
  const void* symbol = ::dlsym(library, kAnySymbol);
  if (symbol == nullptr || ::dladdr(symbol, &info) == 0 || info.dli_fname == nullptr) return otherwise;
  return info.dli_fname;
}

void refuse_namesake(const LibraryId& id, const char* soname) {
  void* other = ::dlopen(soname, RTLD_LAZY | RTLD_NOLOAD);
  if (other == nullptr) return;
  const std::string path = file_of(other, soname);
  ::dlclose(other);
  struct stat status;
  const bool same = ::stat(path.c_str(), &status) == 0 && status.st_dev == id.device && status.st_ino == id.inode;
  if (!same) {
    fail(OAR_ENGINE_CONFLICT, id.path, ": cannot be loaded: something else in this process has loaded ", path,
         ", and two Paddle Lite libraries corrupt each other; use that file, or another process");
  }
}

// The Python wheel's library needs some data symbols of Python at load; without a Python in the process, ours.
void provide_python_symbols() {
  if (::dlsym(RTLD_DEFAULT, "PyExc_ValueError") != nullptr) return;
  const std::string path = companion(kPythonSymbols);
  // A failure shows when the engine is loaded, if it needs them at all.
  ::dlopen(path.c_str(), RTLD_LAZY | RTLD_GLOBAL);
  ::dlerror();
}

// Opens MKL where the engine's own search will find it: in libs/ beside the engine, or already loaded, or wherever the
// system looks. The engine would abort where this fails, and MKL ends the process when it is loaded where there is no
// current folder.
void open_mkl(void* engine, const std::string& path) {
  if (::dlsym(engine, kMklMarker) == nullptr) return;
  char folder[PATH_MAX];
  if (::getcwd(folder, sizeof folder) == nullptr) {
    fail(OAR_ENGINE_UNAVAILABLE, path, ": its ", kMkl,
         " needs a current folder, and that of this process cannot be told (", std::strerror(errno),
         "): go to another folder");
  }
  const std::string beside = folder_of(path) + "/libs/" + kMkl;
  if (::dlopen(exists(beside) ? beside.c_str() : kMkl, RTLD_LAZY | RTLD_LOCAL) == nullptr) {
    fail(OAR_ENGINE_UNAVAILABLE, path, ": needs ", kMkl, ", which does not load (", last_dl_error(),
         "): keep the folder libs/ of the wheel beside the library");
  }
}

// The plugin at `path` when it binds to the engine in this process and its declarations fit it; otherwise nullptr, and
// why not.
const oarlock_plugin_table* fitting(const std::string& path, std::string& reason) {
  const std::string name = path.substr(path.rfind('/') + 1);
  void* plugin = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (plugin == nullptr) {
    reason = text(name, " cannot be bound to it: ", last_dl_error());
    return nullptr;
  }
  using Entry = const oarlock_plugin_table* (*)();
  const auto entry = reinterpret_cast<Entry>(::dlsym(plugin, OARLOCK_PLUGIN_SYMBOL));
  const oarlock_plugin_table* table = entry == nullptr ? nullptr : entry();
  if (table == nullptr || table->abi != kOarlockPluginAbi) {
    fail(OAR_ENGINE_UNAVAILABLE, path,
         ": is no plugin of this build of Oarlock; install all of its libraries together");
  }
  char error[kOarlockPluginErrorBytes] = "";
  if (table->check_layout(error) == 0) return table;
  reason = text(table->versions[0], ": ", error);
  ::dlclose(plugin);
  return nullptr;
}

}  // namespace

LibraryId identify_library(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> resolved(::realpath(path.c_str(), nullptr), std::free);
  struct stat status;
  if (resolved == nullptr || ::stat(resolved.get(), &status) != 0) {
    const int error = errno;
    if (error == ENOENT || error == ENOTDIR)
      fail(OAR_NOT_FOUND, path, ": no such file; expected a Paddle Lite library");
    fail(OAR_IO, path, ": cannot be examined: ", std::strerror(error));
  }
  return {status.st_dev, status.st_ino, resolved.get()};
}

EngineLibrary::EngineLibrary(const LibraryId& id) : path_(id.path), plugins_(nullptr), handle_(nullptr) {
  const Flavour& flavour = flavour_of(path_);
  plugins_ = &flavour.plugins;
  refuse_namesake(id, flavour.soname);
  provide_python_symbols();
  handle_ = ::dlopen(path_.c_str(), RTLD_LAZY | RTLD_LOCAL);
  if (handle_ == nullptr) fail(OAR_ENGINE_UNAVAILABLE, path_, ": cannot be loaded: ", last_dl_error());
}

const oarlock_plugin_table* EngineLibrary::open_plugin() const {
  open_mkl(handle_, path_);
  std::string reasons;
  for (const char* name : *plugins_) {
    std::string reason;
    if (const oarlock_plugin_table* table = fitting(companion(name), reason)) return table;
    reasons += (reasons.empty() ? "" : "; ") + reason;
  }
  fail(OAR_ENGINE_UNAVAILABLE, path_, ": fits none of the versions of Paddle Lite that Oarlock knows here (", reasons,
       "); use the library of one of them, and Oarlock with all of its libraries beside each other");
}

}  // namespace oarlock
