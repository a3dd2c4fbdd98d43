#include "bench/news.h"

#include <cstring>
#include <type_traits>

#include "status.h"

namespace oarlock {
namespace app {
namespace bench {
namespace {

// The numbers of the news; the two texts follow it, ended by NUL.
struct Numbers {
  int64_t done;
  std::optional<Interval> interval;
  std::optional<Run> run;
};
static_assert(std::is_trivially_copyable_v<Numbers>, "it travels as it is in memory");

}  // namespace

std::string pack(const News& news) {
  const Numbers numbers = {news.done, news.interval, news.run};
  std::string bytes(reinterpret_cast<const char*>(&numbers), sizeof numbers);
  return bytes + news.engine + '\0' + news.not_finite + '\0';
}

News unpack(const std::string& bytes) {
  Numbers numbers = {};
  const size_t end = bytes.find('\0', sizeof numbers);
  if (end == std::string::npos || bytes.back() != '\0') fail(OAR_INTERNAL, "a measuring process told nonsense");
  std::memcpy(&numbers, bytes.data(), sizeof numbers);
  return {numbers.done, numbers.interval, numbers.run, bytes.substr(sizeof numbers, end - sizeof numbers),
          bytes.c_str() + end + 1};
}

}  // namespace bench
}  // namespace app
}  // namespace oarlock
