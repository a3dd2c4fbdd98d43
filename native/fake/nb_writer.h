// Writes .nb files for tests: any program, sound or not, in the container that src/nb_container.h describes.
#ifndef OARLOCK_FAKE_NB_WRITER_H_
#define OARLOCK_FAKE_NB_WRITER_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace oarlock {
namespace fake {

using Bytes = std::vector<unsigned char>;

// Types by DataType's numbers in schema/paddle_lite_nb.fbs.
constexpr int kInt32 = 2, kInt64 = 3, kFloat32 = 5, kLodTensor = 7, kFeedMinibatch = 9, kFetchList = 10;

struct NbVariable {
  std::string name;
  std::vector<int64_t> dims;
  int data_type = kFloat32;
  bool persistable = false;
  int type = kLodTensor;
};

struct NbOperator {
  std::string type;
  std::string kernel;                                      // "conv2d/def/2/1/1"; "" leaves the attribute out.
  std::map<std::string, std::vector<std::string>> inputs;  // Variables by argument.
  std::map<std::string, std::vector<std::string>> outputs;
  std::map<std::string, int> ints;
};

struct NbParameter {
  std::string name;
  std::vector<int64_t> dims;
  int data_type = kFloat32;
  Bytes data;
};

struct NbFile {
  std::string version = "v2.12";
  uint16_t meta_version = 2;
  std::vector<NbVariable> variables;
  std::vector<NbOperator> operators;
  std::vector<NbOperator> inner_operators;  // Of a block within the first; there is none without them.
  std::vector<NbParameter> parameters;      // In the order of their names, for a sound file.
};

struct NbPort {
  std::string name;
  std::vector<int64_t> dims;
  int data_type = kFloat32;
};

// The processor that this is compiled for, by the engine's number of its target.
#if defined(__x86_64__)
constexpr int kThisTarget = 2;
#else
constexpr int kThisTarget = 4;
#endif

// A sound file: an operator "conv2d" of `target` (the engine's number: 2 x86, 4 ARM) with one parameter reads every
// input and writes every output; then one operator for each of `markers`, which tell the fake engine how to behave.
NbFile simple_nb(const std::vector<NbPort>& inputs, const std::vector<NbPort>& outputs, int target,
                 const std::vector<std::string>& markers = {});

Bytes write_nb(const NbFile& file);
// The FlatBuffers alone.
Bytes write_program(const NbFile& file);
Bytes write_parameter(const NbParameter& parameter);

}  // namespace fake
}  // namespace oarlock

#endif  // OARLOCK_FAKE_NB_WRITER_H_
