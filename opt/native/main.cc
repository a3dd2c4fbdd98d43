// The optimiser's worker: opens Paddle Lite, converts one model, and ends.
//
// Paddle Lite reports failure by abort() or by crashing, so it runs in this process of its own, whose end (exit status
// or signal) and stderr are the whole report. Nothing else is loaded; there is no Python here.
#include <dlfcn.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "arguments.h"
#include "shim.h"

namespace {

enum ExitStatus { kDone = 0, kUsageError = 2, kNoEngine = 3, kNoMemory = 4, kFailed = 5 };

// Dies with the caller, and leaves no core file: a crash is an answer here, not an accident.
void prepare_to_die() {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_DUMPABLE, 0);
  const rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
}

std::string beside_this_program(const std::string& name) {
  char path[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  if (length <= 0 || length == sizeof path) throw std::runtime_error("cannot tell where this program lies");
  const std::string program(path, static_cast<size_t>(length));
  return program.substr(0, program.rfind('/') + 1) + name;
}

void* open_library(const std::string& path, int binding) {
  void* handle = dlopen(path.c_str(), binding | RTLD_LOCAL);
  if (handle == nullptr) throw std::runtime_error(dlerror());
  return handle;
}

// liboarlock_optimizer_2_12.so for "2.12".
std::string shim_name(std::string layout) {
  std::replace(layout.begin(), layout.end(), '.', '_');
  return "liboarlock_optimizer_" + layout + ".so";
}

// The engine first, so that the shim's dependency on its soname is already there.
oarlock_optimize_function* load(const std::string& engine, const std::string& layout) {
  open_library(engine, RTLD_LAZY);
  // RTLD_NOW, so that an engine without the optimiser is told here and not in the middle of the work.
  void* shim = open_library(beside_this_program(shim_name(layout)), RTLD_NOW);
  void* function = dlsym(shim, OARLOCK_OPTIMIZE_SYMBOL);
  if (function == nullptr) throw std::runtime_error(dlerror());
  return reinterpret_cast<oarlock_optimize_function*>(function);
}

int report(ExitStatus status, const char* text) {
  std::fprintf(stderr, "oarlock: %s\n", text);
  return status;
}

// Point into `texts`.
std::vector<const char*> c_strings(const std::vector<std::string>& texts) {
  std::vector<const char*> pointers;
  for (const std::string& text : texts) pointers.push_back(text.c_str());
  return pointers;
}

// The next of the strings in stdin, each of which ends with a NUL; false at the stream's end.
bool read_text(std::string* text) {
  text->clear();
  for (int byte = std::getchar(); byte != EOF; byte = std::getchar()) {
    if (byte == '\0') return true;
    text->push_back(static_cast<char>(byte));
  }
  return false;
}

int run(const oarlock::Arguments& arguments) {
  oarlock_optimize_function* optimize = nullptr;
  try {
    optimize = load(arguments.engine, arguments.layout);
  } catch (const std::exception& exception) {
    return report(kNoEngine, exception.what());
  }
  std::string model;
  std::string params;
  if (!read_text(&model) || !read_text(&params)) return kDone;
  oarlock_job job = {};
  job.version = arguments.version.c_str();
  job.model = model.c_str();
  job.params = params.c_str();
  job.output = arguments.output.c_str();
  job.places = arguments.places.data();
  job.place_count = arguments.places.size();
  job.weight_bits = arguments.weight_bits;
  const std::vector<const char*> devices = c_strings(arguments.devices);
  job.devices = devices.data();
  job.device_count = devices.size();
  const std::vector<const char*> discarded = c_strings(arguments.discarded);
  job.discarded = discarded.data();
  job.discarded_count = discarded.size();
  job.record = arguments.record ? 1 : 0;
  char error[512] = "";
  switch (optimize(&job, error, sizeof error)) {
    case kOarlockJobDone:
      return kDone;
    case kOarlockJobNoMemory:
      return report(kNoMemory, error);
    case kOarlockJobOtherEngine:
      return report(kNoEngine, error);
    default:
      return report(kFailed, error);
  }
}

}  // namespace

int main(int argc, char** argv) {
  prepare_to_die();
  try {
    const int status = run(oarlock::parse_arguments(argc, argv));
    // Not through exit(): the file is written, and the engine's destructors would only take time.
    std::fflush(nullptr);
    _exit(status);
  } catch (const std::exception& exception) {
    std::fprintf(stderr, "oarlock: %s\n%s", exception.what(), oarlock::kUsage);
    return kUsageError;
  }
}
