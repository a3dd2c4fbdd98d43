// The findings of a selftest in words.
#ifndef OARLOCK_SRC_SELFTEST_SENTENCE_H_
#define OARLOCK_SRC_SELFTEST_SENTENCE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "selftest_result.h"

namespace oarlock {

// Three digits of it: "1.23e-06", "0.452".
std::string number(double value);
// "(1, 3, 224, 224)".
std::string shape_text(const std::vector<int64_t>& shape);

enum class Outcome { kOpen, kPassed, kFailed, kLeftOut };

// `cases` is the number of golden cases.
Outcome outcome_of(const VariantResult& variant, size_t cases);

// "x86-fp32 failed in preprocessing: picture-1: …": the stages that differ, the first case of each and by how much, or
// what was shown; "" while cases are left.
std::string sentence_of(const VariantResult& variant, size_t cases);
// The same for all of them.
std::string sentence_of(const std::vector<VariantResult>& variants, size_t cases);

}  // namespace oarlock

#endif  // OARLOCK_SRC_SELFTEST_SENTENCE_H_
