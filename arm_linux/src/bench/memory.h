// How much memory this process has taken.
#ifndef OARLOCK_ARM_LINUX_BENCH_MEMORY_H_
#define OARLOCK_ARM_LINUX_BENCH_MEMORY_H_

#include <cstdint>

namespace oarlock {
namespace app {
namespace bench {

// The most memory that was ever resident, in bytes: the kernel's high-water mark of this process's memory (VmHWM in
// /proc/self/status), which a fork starts at what is resident then. getrusage's maxrss, which is taken where there is
// none, also counts what the process that started this one held.
uint64_t peak_rss_bytes();

}  // namespace bench
}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_BENCH_MEMORY_H_
