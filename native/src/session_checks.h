// What must hold before a model or a tensor reaches the engine.
#ifndef OARLOCK_SRC_SESSION_CHECKS_H_
#define OARLOCK_SRC_SESSION_CHECKS_H_

#include <string>

#include "engine.h"
#include "nb.h"
#include "oarlock.h"

namespace oarlock {

// The options with the defaults in place of NULL. OAR_INVALID_ARGUMENT outside their range.
oar_session_options check_options(const oar_session_options* options);

// The engine dies of kernels for another processor. OAR_WRONG_TARGET with what to do.
void check_target(const NbModel& model);

// The engine reads the files of its own version. OAR_VERSION_MISMATCH otherwise.
void check_version(const NbModel& model, const oar_engine& engine);

// Every input says its dtype and shape, in at most OAR_MAX_RANK dimensions. OAR_BAD_MODEL otherwise.
void check_interface(const NbModel& model);

// The tensor is one that `input` takes. OAR_BAD_DTYPE, OAR_BAD_SHAPE or OAR_INVALID_ARGUMENT otherwise.
void check_tensor(const std::string& model, const NbTensor& input, const oar_tensor& tensor);

}  // namespace oarlock

#endif  // OARLOCK_SRC_SESSION_CHECKS_H_
