// The number of threads of one run on the x86 engine.
#ifndef OARLOCK_PLUGIN_THREAD_SCOPE_H_
#define OARLOCK_PLUGIN_THREAD_SCOPE_H_

namespace oarlock {
namespace plugin {

// While it lives, the calling thread's matrix and OpenMP work in the engine uses `threads` threads; afterwards what it
// used before.
//
// The x86 engine has no thread count of its own: it hands the number to MKL when a model is opened, where it holds for
// the whole process until the next model, and leaves OpenMP at one thread per core. On ARM the engine does this itself
// in every run and finds nothing here to interfere with.
class ThreadScope {
 public:
  explicit ThreadScope(int threads);
  ~ThreadScope();
  ThreadScope(const ThreadScope&) = delete;
  ThreadScope& operator=(const ThreadScope&) = delete;

 private:
  int previous_mkl_;
  int previous_openmp_;
};

}  // namespace plugin
}  // namespace oarlock

#endif  // OARLOCK_PLUGIN_THREAD_SCOPE_H_
