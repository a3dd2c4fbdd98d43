#include "thread_scope.h"

#include <dlfcn.h>

// The OpenMP runtime that the engine was linked with, if any: found through the plugin's dependency on the engine.
extern "C" {
__attribute__((weak)) int omp_get_max_threads(void);
__attribute__((weak)) void omp_set_num_threads(int threads);
}

namespace oarlock {
namespace plugin {
namespace {

using SetLocalThreads = int (*)(int);

// MKL's per-thread setting, from the library that the engine has opened by this name; nullptr without MKL. 0 stands for
// "as the process", and the previous setting is returned.
SetLocalThreads mkl_set_local_threads() {
  static const SetLocalThreads function = [] {
    void* library = dlopen("libmklml_intel.so", RTLD_LAZY | RTLD_NOLOAD);
    return library == nullptr ? nullptr
                              : reinterpret_cast<SetLocalThreads>(dlsym(library, "MKL_Set_Num_Threads_Local"));
  }();
  return function;
}

bool has_openmp() { return omp_get_max_threads != nullptr && omp_set_num_threads != nullptr; }

}  // namespace

ThreadScope::ThreadScope(int threads) : previous_mkl_(0), previous_openmp_(0) {
  if (SetLocalThreads set_local = mkl_set_local_threads()) previous_mkl_ = set_local(threads);
  if (has_openmp()) {
    previous_openmp_ = omp_get_max_threads();
    omp_set_num_threads(threads);
  }
}

ThreadScope::~ThreadScope() {
  if (SetLocalThreads set_local = mkl_set_local_threads()) set_local(previous_mkl_);
  if (has_openmp()) omp_set_num_threads(previous_openmp_);
}

}  // namespace plugin
}  // namespace oarlock
