// A verified Paddle Lite model file.
#ifndef OARLOCK_SRC_NB_H_
#define OARLOCK_SRC_NB_H_

#include <string>

#include "byte_source.h"
#include "nb_container.h"
#include "nb_params.h"
#include "nb_program.h"

namespace oarlock {

struct NbModel {
  std::string name;  // Of the file, for messages.
  uint64_t size = 0;
  NbContainer container;
  NbProgram program;
  NbParams params;
};

// OAR_BAD_MODEL or OAR_VERSION_MISMATCH with the place and what is wrong there. Weights are not read.
NbModel read_nb(const ByteSource& file);

// "2.12" for "v2.12", and "2.13rc0" for "v2.13-rc": the number as Python's packages spell it (PEP 440). "" for a
// version without a number (a build from a commit).
std::string version_number(const std::string& version);

// JSON by docs/schema/nb.schema.json.
std::string describe_nb(const NbModel& model);

}  // namespace oarlock

#endif  // OARLOCK_SRC_NB_H_
