// One golden case through one variant.
#ifndef OARLOCK_SRC_SELFTEST_CASE_H_
#define OARLOCK_SRC_SELFTEST_CASE_H_

#include <string>
#include <vector>

#include "bundle.h"
#include "selftest_result.h"
#include "session.h"

namespace oarlock {

// Replays a case of `bundle` on `session`; outputs may differ by `limit`, as a part of the largest reference. What goes
// wrong in preprocessing or in the session is part of the result. A picture that cannot be read without a decoder adds
// a sentence to `remarks`, and its stages are absent. OAR_BAD_BUNDLE, OAR_HASH_MISMATCH and OAR_IO are about the
// recorded files.
CaseResult run_case(const oar_bundle& bundle, const BundleCase& golden, oar_session& session, double limit,
                    std::vector<std::string>& remarks);

}  // namespace oarlock

#endif  // OARLOCK_SRC_SELFTEST_CASE_H_
