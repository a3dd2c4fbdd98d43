// The checks of an oar_preprocess_spec that a caller has filled in.
#ifndef OARLOCK_SRC_PREPROCESS_SPEC_H_
#define OARLOCK_SRC_PREPROCESS_SPEC_H_

#include "oarlock.h"

namespace oarlock {

// OAR_INVALID_ARGUMENT naming the first field that is out of its range. Fields that the others make unused, such as
// resize_width under OAR_RESIZE_SHORT, may hold anything.
void check_spec(const oar_preprocess_spec& spec);

}  // namespace oarlock

#endif  // OARLOCK_SRC_PREPROCESS_SPEC_H_
