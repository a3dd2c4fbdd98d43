#include "bench/memory.h"

#include <sys/resource.h>

#include <fstream>
#include <string>

namespace oarlock {
namespace app {
namespace bench {
namespace {

constexpr uint64_t kKilobyte = 1024;

}  // namespace

uint64_t peak_rss_bytes() {
  std::ifstream status("/proc/self/status");
  uint64_t kilobytes = 0;
  for (std::string word; status >> word;) {
    if (word == "VmHWM:" && status >> kilobytes) return kilobytes * kKilobyte;
  }
  rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<uint64_t>(usage.ru_maxrss) * kKilobyte;
}

}  // namespace bench
}  // namespace app
}  // namespace oarlock
