// What somebody would write without Oarlock: checks the SHA-256 of a model, loads it into Paddle Lite and runs it once.
//
//   bare_program SYMBOLS ENGINE MKL BARE MODEL SHA256 CHANNELS HEIGHT WIDTH
//
// SYMBOLS is liboarlock_python_symbols.so, which the engine needs in a process without Python, MKL the library that the
// engine opens by name, BARE bare_engine.cc as a library.
#include <dlfcn.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "sha256.h"

namespace {

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "%s: %s\n", what, dlerror());
  std::exit(1);
}

void* load(const char* library, int flags) {
  void* handle = dlopen(library, flags);
  if (handle == nullptr) fail(library);
  return handle;
}

template <class Function>
Function find(void* library, const char* name) {
  void* symbol = dlsym(library, name);
  if (symbol == nullptr) fail(name);
  return reinterpret_cast<Function>(symbol);
}

std::string hash_of(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<char> buffer(1 << 20);
  oarlock::Sha256 hash;
  while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())), file.gcount() > 0) {
    hash.update(buffer.data(), static_cast<size_t>(file.gcount()));
  }
  return hash.finish();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 10) return 2;
  load(argv[1], RTLD_LAZY | RTLD_GLOBAL);
  load(argv[2], RTLD_LAZY | RTLD_LOCAL);
  load(argv[3], RTLD_LAZY | RTLD_LOCAL);
  void* bare = load(argv[4], RTLD_NOW | RTLD_LOCAL);
  if (hash_of(argv[5]) != argv[6]) return 1;
  void* predictor = find<void* (*)(const char*)>(bare, "bare_open")(argv[5]);
  const int64_t dims[] = {1, std::atoi(argv[7]), std::atoi(argv[8]), std::atoi(argv[9])};
  const std::vector<float> input(static_cast<size_t>(dims[1] * dims[2] * dims[3]), 0.5f);
  find<void (*)(void*, const int64_t*, int32_t, const float*)>(bare, "bare_set_input")(predictor, dims, 4,
                                                                                       input.data());
  find<void (*)(void*)>(bare, "bare_run")(predictor);
  find<void (*)(void*)>(bare, "bare_close")(predictor);
  return 0;
}
