#include "bench/result.h"

#include "status.h"

namespace oarlock {
namespace app {
namespace bench {
namespace {

// Fields are set one by one, which makes less code than lists of pairs.
OrderedJson run_json(const Run& run) {
  OrderedJson json;
  json["threads"] = run.threads;
  json["init_ms"] = run.init_ms;
  json["first_ms"] = run.first_ms;
  json["warmup"] = run.warmup;
  json["runs"] = run.runs;
  json["p50_ms"] = run.summary.p50_ms;
  json["p90_ms"] = run.summary.p90_ms;
  json["p99_ms"] = run.summary.p99_ms;
  json["mean_ms"] = run.summary.mean_ms;
  json["min_ms"] = run.summary.min_ms;
  json["max_ms"] = run.summary.max_ms;
  json["peak_rss_bytes"] = run.peak_rss_bytes;
  return json;
}

template <class Value>
void set(OrderedJson& json, const std::optional<Value>& value) {
  if (value) json = *value;
}

OrderedJson interval_json(const Interval& interval) {
  OrderedJson json;
  json["seconds"] = interval.seconds;
  json["p50_ms"] = interval.p50_ms;
  set(json["temperature_c"], interval.reading.temperature_c);
  set(json["frequency_mhz"], interval.reading.frequency_mhz);
  set(json["throttled"], interval.reading.throttled);
  return json;
}

}  // namespace

const char* power_name(oar_power power) {
  switch (power) {
    case OAR_POWER_HIGH:
      return "high";
    case OAR_POWER_LOW:
      return "low";
    case OAR_POWER_FULL:
      return "full";
    case OAR_POWER_NO_BIND:
      return "none";
    case OAR_POWER_RAND_HIGH:
      return "rand-high";
    case OAR_POWER_RAND_LOW:
      return "rand-low";
  }
  fail(OAR_INVALID_ARGUMENT, "power is ", enum_value(power), ", expected 0 to 5");
}

OrderedJson to_json(const Result& result) {
  OrderedJson json;
  json["ok"] = true;
  json["bundle"] = result.bundle;
  json["variant"] = result.variant;
  json["place"] = "host";
  OrderedJson& there = json["environment"];
  for (const auto& [name, value] : result.environment) there[name] = value;
  json["power"] = power_name(result.power);
  json["runs"] = OrderedJson::array();
  for (const Run& run : result.runs) json["runs"].push_back(run_json(run));
  json["sustained"] = nullptr;
  if (result.sustained) {
    OrderedJson& sustained = json["sustained"];
    sustained["threads"] = result.sustained->threads;
    for (const Interval& interval : result.sustained->intervals) {
      sustained["intervals"].push_back(interval_json(interval));
    }
  }
  json["remarks"] = OrderedJson::array();
  for (const std::string& remark : result.remarks) json["remarks"].push_back(remark);
  return json;
}

}  // namespace bench
}  // namespace app
}  // namespace oarlock
