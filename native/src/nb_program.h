// The program of a .nb file: blocks of variables and operators, verified.
#ifndef OARLOCK_SRC_NB_PROGRAM_H_
#define OARLOCK_SRC_NB_PROGRAM_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "byte_source.h"
#include "nb_container.h"
#include "oarlock.h"

namespace oarlock {

// An input or output of the model, as the program describes its variable.
struct NbTensor {
  std::string name;
  std::optional<std::vector<int64_t>> shape;  // -1: any size. Nothing: the file does not say.
  std::optional<oar_dtype> dtype;
  bool is_overwritten = false;  // An input that an operator of the model writes to.
};

struct NbProgram {
  std::vector<NbTensor> inputs;                                      // By the index that the engine gives them.
  std::vector<NbTensor> outputs;                                     // Likewise.
  std::map<std::string, int64_t> ops;                                // Operators by type.
  std::map<std::string, int64_t> kernels;                            // Operators by "target/precision/layout".
  std::map<std::string, std::map<std::string, int64_t>> kernel_ops;  // The same, and by type.
  std::set<std::string> targets;                                     // Of the kernels.
  std::set<std::string> persistable;  // Names of the variables that must have a parameter.
  int64_t op_count = 0;
};

// Reads and verifies the FlatBuffers program, then everything in it that the engine follows blindly: block indices,
// names, the variables that operators name, kernels, the indices of inputs and outputs. OAR_BAD_MODEL otherwise.
NbProgram read_nb_program(const ByteSource& file, const NbSpan& span);

// The dtype of a tensor variable by the number that .nb files use (DataType in the schema).
std::optional<oar_dtype> nb_dtype(int32_t number);

}  // namespace oarlock

#endif  // OARLOCK_SRC_NB_PROGRAM_H_
