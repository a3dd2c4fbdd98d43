// A model for asking an engine who it is.
#ifndef OARLOCK_SRC_ENGINE_PROBE_H_
#define OARLOCK_SRC_ENGINE_PROBE_H_

#include <vector>

namespace oarlock {

// The bytes of a .nb file whose program has one block and nothing in it.
std::vector<unsigned char> empty_nb_model();

}  // namespace oarlock

#endif  // OARLOCK_SRC_ENGINE_PROBE_H_
