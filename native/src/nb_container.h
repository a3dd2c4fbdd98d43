// The outside of a Paddle Lite .nb file, meta version 2, little-endian:
//
//     offset  0  uint16    meta version, 2
//             2  char[16]  version of the optimiser, NUL-ended; garbage follows the NUL
//            18  uint64    size of the program
//            26  the program: FlatBuffers, root ProgramDesc (schema/paddle_lite_nb.fbs)
//     then       uint16    version of the parameter section, 0
//                uint16    size of a reserved field, 0
//                uint16    size of the section's header, 6: the next two fields
//                uint16    number of parameters
//                uint32    bytes of the largest tensor
//     for each   uint32    bytes that follow this field
//                uint32    offset from this field to the parameter, 4
//                the parameter: FlatBuffers, root ParamDesc
#ifndef OARLOCK_SRC_NB_CONTAINER_H_
#define OARLOCK_SRC_NB_CONTAINER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "byte_source.h"

namespace oarlock {

struct NbSpan {
  uint64_t offset = 0;
  uint64_t size = 0;
};

struct NbContainer {
  uint16_t meta_version = 0;
  std::string version;  // As written: "v2.12".
  NbSpan program;
  uint32_t largest_param = 0;  // Bytes.
  std::vector<NbSpan> params;  // The FlatBuffers of each.
};

// Checks that the fields fit together and fill the file exactly. OAR_BAD_MODEL with what was found at which offset;
// OAR_VERSION_MISMATCH for older layouts.
NbContainer read_nb_container(const ByteSource& file);

}  // namespace oarlock

#endif  // OARLOCK_SRC_NB_CONTAINER_H_
