#include "selftest_json.h"

#include <nlohmann/json.hpp>

#include "cpu.h"
#include "selftest_sentence.h"

namespace oarlock {
namespace {

using Json = nlohmann::ordered_json;

Json describe(const std::optional<Difference>& difference) {
  if (!difference) return nullptr;
  return {{"elements", difference->elements},
          {"not_finite", difference->not_finite},
          {"differing", difference->differing},
          {"largest", difference->largest},
          {"largest_expected", difference->largest_expected}};
}

// null for the sentence of something that is right.
Json problem_of(const std::string& problem) { return problem.empty() ? Json() : Json(problem); }

Json describe(const OutputResult& output) {
  Json first = Json::array();
  for (const FirstClass& row : output.first) {
    first.push_back({{"expected", row.expected}, {"found", row.found}, {"place", row.place}});
  }
  return {{"name", output.name},
          {"passed", output.problem.empty()},
          {"problem", problem_of(output.problem)},
          {"difference", describe(output.difference)},
          {"relative_error", output.relative_error ? Json(*output.relative_error) : Json()},
          {"first", first}};
}

Json describe(const RunResult& run) {
  Json outputs = Json::array();
  for (const OutputResult& output : run.outputs) outputs.push_back(describe(output));
  return {{"passed", run.passed()}, {"problem", problem_of(run.problem)}, {"outputs", outputs}};
}

Json describe(const CaseResult& result) {
  Json preprocessing;
  if (result.preprocessing) {
    preprocessing = {{"passed", result.preprocessing->passed()},
                     {"problem", problem_of(result.preprocessing->problem)},
                     {"difference", describe(result.preprocessing->difference)}};
  }
  return {{"name", result.name},
          {"passed", result.passed()},
          {"preprocessing", preprocessing},
          {"engine", describe(result.engine)},
          {"end_to_end", result.end_to_end ? describe(*result.end_to_end) : Json()}};
}

const char* name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPassed:
      return "passed";
    case Outcome::kFailed:
      return "failed";
    case Outcome::kLeftOut:
      return "left_out";
    case Outcome::kOpen:
      break;
  }
  return "open";
}

Json describe(const VariantResult& variant, size_t case_count) {
  Json failure, cases = Json::array();
  if (variant.failure) failure = {{"code", variant.failure->code}, {"message", variant.failure->message}};
  for (const CaseResult& result : variant.cases) cases.push_back(describe(result));
  return {{"id", variant.id},
          {"outcome", name_of(outcome_of(variant, case_count))},
          {"sentence", sentence_of(variant, case_count)},
          {"limit", variant.limit > 0 ? Json(variant.limit) : Json()},
          {"error", failure},
          {"cases", cases}};
}

}  // namespace

std::string selftest_json(const SelftestReport& report) {
  const size_t case_count = report.golden.cases.size();
  Json variants = Json::array();
  for (const VariantResult& variant : report.variants) variants.push_back(describe(variant, case_count));
  const Json result = {
      {"ok", report.passed},
      {"sentence", sentence_of(report.variants, case_count)},
      {"bundle", report.bundle.path()},
      {"name", report.bundle.manifest().name},
      {"reference",
       {{"engine", report.golden.engine}, {"version", report.golden.version}, {"device", report.golden.device}}},
      {"machine", cpu_name()},
      {"oarlock", OARLOCK_VERSION},
      {"paddle_lite", report.engine_version.empty() ? Json() : Json(report.engine_version)},
      {"variants", variants},
      {"remarks", report.remarks},
  };
  // Paths and names that are no UTF-8 are shown with replacement characters.
  return result.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace oarlock
