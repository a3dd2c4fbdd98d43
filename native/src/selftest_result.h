// What a selftest has found out, before it becomes sentences and JSON.
#ifndef OARLOCK_SRC_SELFTEST_RESULT_H_
#define OARLOCK_SRC_SELFTEST_RESULT_H_

#include <optional>
#include <string>
#include <vector>

#include "selftest_compare.h"

namespace oarlock {

struct OutputResult {
  std::string name;
  // What is wrong with the output, as the end of a sentence: "has shape (1, 10), expected (1, 1000)"; "" when it is
  // within the limit.
  std::string problem;
  // Absent where found and recorded cannot be compared: another kind of numbers or another shape.
  std::optional<Difference> difference;
  // largest / largest_expected of finite floating-point numbers; absent where the reference is zero throughout and what
  // was found is not.
  std::optional<double> relative_error;
  std::vector<FirstClass> first;  // Of outputs that name classes and are finite.
};

// The stages "engine" and "end to end".
struct RunResult {
  std::string problem;  // The first of the outputs' or of the run itself; "" when the stage has passed.
  std::vector<OutputResult> outputs;

  bool passed() const { return problem.empty(); }
};

struct PreprocessingResult {
  std::string problem;  // "" when the stage has passed.
  std::optional<Difference> difference;

  bool passed() const { return problem.empty(); }
};

struct CaseResult {
  std::string name;
  std::optional<PreprocessingResult> preprocessing;  // Of cases with a picture that can be read.
  RunResult engine;
  std::optional<RunResult> end_to_end;  // Where preprocessing gave a tensor.

  bool passed() const {
    return engine.passed() && (!preprocessing || preprocessing->passed()) && (!end_to_end || end_to_end->passed());
  }
};

// Why a variant could not be run.
struct Failure {
  std::string code;
  std::string message;
};

struct VariantResult {
  std::string id;
  std::string left_out;  // Why it is not run; "" for those that are.
  double limit = 0;      // 0: none.
  std::optional<Failure> failure;
  std::vector<CaseResult> cases;
};

}  // namespace oarlock

#endif  // OARLOCK_SRC_SELFTEST_RESULT_H_
