// The findings of a selftest as JSON.
#ifndef OARLOCK_SRC_SELFTEST_JSON_H_
#define OARLOCK_SRC_SELFTEST_JSON_H_

#include <string>
#include <vector>

#include "bundle.h"
#include "selftest_result.h"

namespace oarlock {

struct SelftestReport {
  bool passed;
  const oar_bundle& bundle;
  const BundleGolden& golden;
  const std::string& engine_version;  // "" when none was used.
  const std::vector<VariantResult>& variants;
  const std::vector<std::string>& remarks;
};

// By docs/schema/selftest.schema.json.
std::string selftest_json(const SelftestReport& report);

}  // namespace oarlock

#endif  // OARLOCK_SRC_SELFTEST_JSON_H_
