// The parameters of a .nb file, verified without reading their values.
#ifndef OARLOCK_SRC_NB_PARAMS_H_
#define OARLOCK_SRC_NB_PARAMS_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "byte_source.h"
#include "nb_container.h"

namespace oarlock {

struct NbParams {
  uint64_t count = 0;
  uint64_t elements = 0;
  uint64_t bytes = 0;
  std::map<std::string, int64_t> dtypes;  // Tensors by dtype.
};

// Checks the table of every parameter: its name is one of `expected` (and every one of those has its parameter), its
// values lie inside it and are as many as its shape says, none is larger than the container says. Reads a few hundred
// bytes of each, however large it is. OAR_BAD_MODEL otherwise.
NbParams read_nb_params(const ByteSource& file, const NbContainer& container, const std::set<std::string>& expected);

}  // namespace oarlock

#endif  // OARLOCK_SRC_NB_PARAMS_H_
