#include "bench/sensors.h"

#include <glob.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <utility>
#include <vector>

namespace oarlock {
namespace app {
namespace bench {
namespace {

using Paths = std::vector<std::string>;

// Sensors that are not connected say -40 or -273 degrees, or far more than silicon stands.
constexpr double kLowestCelsius = -30;
constexpr double kHighestCelsius = 150;
// Frequency capped, throttled, soft temperature limit: bits 1 to 3 of the firmware's get_throttled (0x00030046).
constexpr long long kFirmwareNow = 0b1110;

constexpr int kDecimal = 10;
constexpr int kHexadecimal = 16;

Paths find(const std::string& pattern) {
  glob_t found = {};
  Paths paths;
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  return paths;
}

std::string first_line(const std::string& file) {
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  return line;
}

// The numbers that the files hold, without those that hold none.
std::vector<long long> numbers(const Paths& files, int base = kDecimal) {
  std::vector<long long> values;
  for (const std::string& file : files) {
    const std::string line = first_line(file);
    char* end = nullptr;
    errno = 0;
    const long long value = std::strtoll(line.c_str(), &end, base);
    if (end != line.c_str() && *end == '\0' && errno == 0) values.push_back(value);
  }
  return values;
}

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

bool contains_any(const std::string& text, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(), [&](const char* it) { return text.find(it) != std::string::npos; });
}

bool starts_with_any(const std::string& text, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(), [&](const char* it) { return text.rfind(it, 0) == 0; });
}

bool is_any(const std::string& text, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(), [&](const char* it) { return text == it; });
}

std::vector<long long> throttle_counts(const std::string& sys) {
  return numbers(find(sys + "/devices/system/cpu/cpu*/thermal_throttle/*_throttle_count"));
}

long long sum(const std::vector<long long>& values) {
  long long total = 0;
  for (const long long value : values) total += value;
  return total;
}

// Where the device tree's firmware node is: on a Raspberry Pi.
std::optional<bool> throttled_by_firmware(const std::string& sys) {
  const auto states = numbers(find(sys + "/devices/platform/soc*/soc*:firmware/get_throttled"), kHexadecimal);
  if (states.empty()) return std::nullopt;
  return std::any_of(states.begin(), states.end(), [](long long state) { return (state & kFirmwareNow) != 0; });
}

std::optional<bool> throttled_by_cooling(const std::string& sys) {
  Paths files;
  for (const std::string& device : find(sys + "/class/thermal/cooling_device*")) {
    if (starts_with_any(first_line(device + "/type"), {"cpufreq", "thermal-cpufreq", "Processor"})) {
      files.push_back(device + "/cur_state");
    }
  }
  const auto states = numbers(files);
  if (states.empty()) return std::nullopt;
  return std::any_of(states.begin(), states.end(), [](long long state) { return state > 0; });
}

}  // namespace

Sensors::Sensors(std::string sys) : sys_(std::move(sys)), counted_(sum(throttle_counts(sys_))) {}

Reading Sensors::read() { return {temperature(), frequency(), throttled()}; }

std::optional<double> Sensors::temperature() const {
  Paths ours, all;
  for (const std::string& zone : find(sys_ + "/class/thermal/thermal_zone*")) {
    all.push_back(zone + "/temp");
    if (contains_any(lower(first_line(zone + "/type")), {"cpu", "soc", "x86_pkg"})) ours.push_back(all.back());
  }
  for (const std::string& chip : find(sys_ + "/class/hwmon/hwmon*")) {
    if (!is_any(first_line(chip + "/name"), {"coretemp", "k10temp", "zenpower", "cpu_thermal"})) continue;
    for (const std::string& input : find(chip + "/temp*_input")) ours.push_back(input);
  }
  std::optional<double> hottest;
  // A zone whose name says nothing is better than none.
  for (const long long millidegrees : numbers(ours.empty() ? all : ours)) {
    const double celsius = static_cast<double>(millidegrees) / 1000;
    if (celsius > kLowestCelsius && celsius < kHighestCelsius) hottest = std::max(hottest.value_or(celsius), celsius);
  }
  return hottest;
}

std::optional<double> Sensors::frequency() const {
  std::optional<double> fastest;
  for (const long long kilohertz : numbers(find(sys_ + "/devices/system/cpu/cpufreq/policy*/scaling_cur_freq"))) {
    const double megahertz = static_cast<double>(kilohertz) / 1000;
    if (megahertz > 0) fastest = std::max(fastest.value_or(megahertz), megahertz);
  }
  return fastest;
}

std::optional<bool> Sensors::throttled() {
  std::optional<bool> by_counters;
  if (const auto counts = throttle_counts(sys_); !counts.empty()) {
    by_counters = sum(counts) > counted_;
    counted_ = sum(counts);
  }
  std::optional<bool> any;
  for (const auto& told : {by_counters, throttled_by_firmware(sys_), throttled_by_cooling(sys_)}) {
    if (told) any = any.value_or(false) || *told;
  }
  return any;
}

}  // namespace bench
}  // namespace app
}  // namespace oarlock
