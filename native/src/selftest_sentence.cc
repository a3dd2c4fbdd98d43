#include "selftest_sentence.h"

#include <algorithm>
#include <iomanip>
#include <locale>
#include <sstream>

#include "status.h"

namespace oarlock {
namespace {

// How a stage fared in the cases that have it.
struct Stage {
  size_t cases = 0;
  size_t failed = 0;
  std::string first;  // The first failure, with its case.

  void add(const CaseResult& result, const std::string& problem) {
    ++cases;
    if (problem.empty()) return;
    if (failed++ == 0) first = result.name + ": " + problem;
  }
  // "picture-1: …; in 3 of 3 cases".
  std::string problem() const {
    return cases == 1 ? first : text(first, "; so or alike in ", failed, " of ", cases, " cases");
  }
};

struct Stages {
  Stage preprocessing, engine, end_to_end;
  double largest_error = 0;  // Of the engine's outputs.

  explicit Stages(const VariantResult& variant) {
    for (const CaseResult& result : variant.cases) {
      if (result.preprocessing) preprocessing.add(result, result.preprocessing->problem);
      engine.add(result, result.engine.problem);
      if (result.end_to_end) end_to_end.add(result, result.end_to_end->problem);
      for (const OutputResult& output : result.engine.outputs) {
        largest_error = std::max(largest_error, output.relative_error.value_or(0));
      }
    }
  }
};

std::string of_cases(size_t count) { return text(count, count == 1 ? " case" : " cases"); }

std::string failure_sentence(const VariantResult& variant) {
  const Stages stages(variant);
  const bool preprocessing = stages.preprocessing.failed > 0, engine = stages.engine.failed > 0;
  if (preprocessing && engine) {
    return text(variant.id, " failed in preprocessing and in the engine: ", stages.preprocessing.problem(),
                "; engine, ", stages.engine.problem(), ".");
  }
  if (preprocessing) {
    return text(variant.id, " failed in preprocessing: ", stages.preprocessing.problem(),
                ". The engine answers as the reference does: largest error ", number(stages.largest_error), ", limit ",
                number(variant.limit), ".");
  }
  if (engine) {
    return text(variant.id, " failed in the engine: ", stages.engine.problem(),
                stages.preprocessing.cases > 0 ? ". Preprocessing is right to the bit." : ".");
  }
  return text(variant.id, " failed end to end alone: ", stages.end_to_end.problem(),
              ". The stages are right one by one, so the engine does not answer the same every time.");
}

std::string success_sentence(const VariantResult& variant) {
  const Stages stages(variant);
  return text(variant.id, " passed: ", of_cases(stages.engine.cases), ", largest error ", number(stages.largest_error),
              " of the reference, limit ", number(variant.limit),
              stages.preprocessing.cases > 0
                  ? text("; preprocessing is right to the bit in ", of_cases(stages.preprocessing.cases), ".")
                  : "; no preprocessing was tested.");
}

}  // namespace

std::string number(double value) {
  std::ostringstream stream;
  stream.imbue(std::locale::classic());
  stream << std::setprecision(3) << value;
  return stream.str();
}

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string result = "(";
  for (const int64_t size : shape) result += text(result.size() == 1 ? "" : ", ", size);
  return result + ")";
}

Outcome outcome_of(const VariantResult& variant, size_t cases) {
  if (!variant.left_out.empty()) return Outcome::kLeftOut;
  if (variant.failure) return Outcome::kFailed;
  if (variant.cases.size() < cases) return Outcome::kOpen;
  const bool passed =
      std::all_of(variant.cases.begin(), variant.cases.end(), [](const CaseResult& each) { return each.passed(); });
  return passed ? Outcome::kPassed : Outcome::kFailed;
}

std::string sentence_of(const VariantResult& variant, size_t cases) {
  switch (outcome_of(variant, cases)) {
    case Outcome::kOpen:
      return "";
    case Outcome::kPassed:
      return success_sentence(variant);
    case Outcome::kLeftOut:
      return text(variant.id, " was left out: ", variant.left_out, ".");
    case Outcome::kFailed:
      break;
  }
  if (variant.failure) return text(variant.id, " failed, it cannot be run: ", variant.failure->message);
  return failure_sentence(variant);
}

std::string sentence_of(const std::vector<VariantResult>& variants, size_t cases) {
  size_t passed = 0, left_out = 0;
  std::string first;
  for (const VariantResult& variant : variants) {
    const Outcome outcome = outcome_of(variant, cases);
    if (outcome == Outcome::kOpen) return "";
    passed += outcome == Outcome::kPassed ? 1 : 0;
    left_out += outcome == Outcome::kLeftOut ? 1 : 0;
    const bool tells_most = first.empty() && outcome == Outcome::kFailed;
    if (variants.size() == 1 || tells_most) first = sentence_of(variant, cases);
  }
  if (variants.size() == 1) return first;
  const size_t run = variants.size() - left_out;
  const std::string rest = left_out == 0 ? "" : text("; ", left_out, left_out == 1 ? " was" : " were", " left out");
  return text(passed, " of ", run, run == 1 ? " variant" : " variants", " passed", rest, ".", first.empty() ? "" : " ",
              first);
}

}  // namespace oarlock
