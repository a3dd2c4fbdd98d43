#include "bench/view.h"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <utility>
#include <vector>

#include "table.h"

namespace oarlock {
namespace app {
namespace bench {
namespace {

using Row = std::vector<std::string>;

std::string number(double value, int decimals) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.*f", decimals, value);
  return buffer;
}

std::string count(int64_t number, const char* unit) {
  return std::to_string(number) + " " + unit + (number == 1 ? "" : "s");
}

std::string milliseconds_text(double value) { return number(value, value >= 1 ? 2 : 4); }

std::string megabytes(double bytes) {
  if (bytes < 1000) return number(bytes, 0) + " bytes";
  return bytes < 1e6 ? number(bytes / 1e3, 1) + " kB" : number(bytes / 1e6, 1) + " MB";
}

std::string duration(double seconds) {
  if (seconds < 100) return number(seconds, 0) + " s";
  return seconds < 6000 ? number(seconds / 60, 0) + " min" : number(seconds / 3600, 1) + " h";
}

std::string or_empty(const std::optional<double>& value, int decimals) { return value ? number(*value, decimals) : ""; }

std::string heading(const Result& result) {
  const auto there = [&](const char* name) {
    const auto found = result.environment.find(name);
    return found == result.environment.end() ? "" : found->second;
  };
  return result.bundle + ", " + result.variant + " on host: " + there("processor") + " (" + there("machine") + "), " +
         there("system") + ", Paddle Lite " + there("engine") + "\n";
}

std::string sweep(const std::vector<Run>& runs) {
  Table table({">threads", ">runs", ">init ms", ">first ms", ">p50 ms", ">p90 ms", ">p99 ms", ">mean ms", ">min ms",
               ">max ms", ">peak memory"});
  for (const Run& run : runs) {
    const Summary& it = run.summary;
    Row row = {std::to_string(run.threads), std::to_string(run.runs)};
    for (const double time :
         {run.init_ms, run.first_ms, it.p50_ms, it.p90_ms, it.p99_ms, it.mean_ms, it.min_ms, it.max_ms}) {
      row.push_back(milliseconds_text(time));
    }
    row.push_back(megabytes(static_cast<double>(run.peak_rss_bytes)));
    table.add(std::move(row));
  }
  return table.text();
}

// The last interval against the fastest, and how often it was throttled.
std::string conclusion(const std::vector<Interval>& intervals) {
  double fastest = intervals.front().p50_ms;
  int64_t told = 0;
  int64_t throttled = 0;
  for (const Interval& interval : intervals) {
    fastest = std::min(fastest, interval.p50_ms);
    if (!interval.reading.throttled) continue;
    ++told;
    throttled += *interval.reading.throttled ? 1 : 0;
  }
  const std::string heat = told == 0 ? "this system does not tell whether it throttles"
                                     : "throttled in " + std::to_string(throttled) + " of " + count(told, "interval");
  return "The last p50 is " + number(intervals.back().p50_ms / fastest, 2) + " times the best; " + heat + ".\n";
}

std::string sustained(const Sustained& sustained) {
  Table table({">seconds", ">p50 ms", ">°C", ">MHz", "throttled"});
  for (const Interval& it : sustained.intervals) {
    const std::optional<bool>& throttled = it.reading.throttled;
    table.add({number(it.seconds, 0), milliseconds_text(it.p50_ms), or_empty(it.reading.temperature_c, 1),
               or_empty(it.reading.frequency_mhz, 0),
               !throttled   ? ""
               : *throttled ? "yes"
                            : "no"});
  }
  return "Without a pause, " + count(sustained.threads, "thread") + ":\n" + table.text() +
         conclusion(sustained.intervals);
}

}  // namespace

std::string view(const Result& result) {
  std::string text = heading(result) + "\n" + sweep(result.runs);
  if (result.sustained) text += "\n" + sustained(*result.sustained);
  if (!result.remarks.empty()) text += "\n";
  for (const std::string& remark : result.remarks) text += "Note: " + remark + "\n";
  return text;
}

std::string progress(const Step& step) {
  const std::string threads = count(step.threads, "thread");
  if (step.interval == nullptr) return threads + ", " + number(step.done, 0) + " of " + number(step.total, 0) + " runs";
  std::string text = threads + ", " + number(step.done, 0) + " s of " + duration(step.total) + ", p50 " +
                     number(step.interval->p50_ms, 2) + " ms";
  const std::optional<double>& celsius = step.interval->reading.temperature_c;
  return celsius ? text + ", " + number(*celsius, 1) + " °C" : text;
}

}  // namespace bench
}  // namespace app
}  // namespace oarlock
