#include "session_checks.h"

#include <cstring>

#include "cpu.h"
#include "dtype.h"
#include "status.h"

namespace oarlock {
namespace {

constexpr int32_t kMostThreads = 64;

std::string shape_text(const int64_t* dims, size_t rank) {
  std::string result = "(";
  for (size_t i = 0; i < rank; ++i) {
    result += (i == 0 ? "" : ", ") + (dims[i] == -1 ? std::string("any") : std::to_string(dims[i]));
  }
  return result + ")";
}

// The processor that a target of kernels stands for, as people call it; nullptr for targets that run here.
const char* foreign(const std::string& target) {
  const bool is_x86 = std::strcmp(cpu_target(), "x86") == 0;
  if (target == "host" || target == "any" || target == "unknown") return nullptr;
  if (target == "x86") return is_x86 ? nullptr : "x86";
  if (target == "arm") return is_x86 ? "ARM (arm64, armv7)" : nullptr;
  if (target == "opencl") return is_x86 ? "OpenCL on ARM" : nullptr;
  return target.c_str();
}

}  // namespace

oar_session_options check_options(const oar_session_options* options) {
  if (options == nullptr) return {sizeof(oar_session_options), 1, OAR_POWER_NO_BIND};
  check_struct_size(options->struct_size, sizeof *options, "oar_session_options");
  if (options->threads < 1 || options->threads > kMostThreads) {
    fail(OAR_INVALID_ARGUMENT, "threads is ", options->threads, ", expected 1 to ", kMostThreads);
  }
  const int32_t power = enum_value(options->power);
  if (power < OAR_POWER_HIGH || power > OAR_POWER_RAND_LOW) {
    fail(OAR_INVALID_ARGUMENT, "power is ", power, ", expected a value of oar_power (", int{OAR_POWER_HIGH}, " to ",
         int{OAR_POWER_RAND_LOW}, ")");
  }
  return *options;
}

void check_target(const NbModel& model) {
  for (const std::string& target : model.program.targets) {
    if (const char* made_for = foreign(target)) {
      fail(OAR_WRONG_TARGET, model.name, ": made for ", made_for, "; this machine is ", cpu_name(), ": use the ",
           cpu_target(), " variant, or make one with `oarlock opt … --target ", cpu_target(), "`");
    }
  }
}

void check_version(const NbModel& model, const oar_engine& engine) {
  const std::string& found = model.container.version;
  const std::string number = version_number(found);
  if (number == engine.release || found == engine.reported_version) return;
  fail(OAR_VERSION_MISMATCH, model.name, ": made by Paddle Lite ", number.empty() ? "build " + found : number,
       ", but the library ", engine.path, " is version ", engine.version, ": make the model again with `oarlock opt`");
}

void check_interface(const NbModel& model) {
  for (const NbTensor& input : model.program.inputs) {
    if (!input.dtype || !input.shape || input.shape->size() > OAR_MAX_RANK) {
      fail(OAR_BAD_MODEL, model.name, ": input '", input.name, "' has no dtype and shape of 1 to ", OAR_MAX_RANK,
           " dimensions in the file");
    }
  }
  if (model.program.outputs.empty()) fail(OAR_BAD_MODEL, model.name, ": has no output");
}

void check_tensor(const std::string& model, const NbTensor& input, const oar_tensor& tensor) {
  const std::string where = text(model, ": input '", input.name, "'");
  const int32_t dtype = enum_value(tensor.dtype);
  if (dtype != *input.dtype) {
    const char* name = dtype_name(dtype);
    fail(OAR_BAD_DTYPE, where, " was given as ", name == nullptr ? text("dtype number ", dtype) : name, ", expected ",
         oar_dtype_name(*input.dtype));
  }
  if (tensor.rank < 0 || tensor.rank > OAR_MAX_RANK) {
    fail(OAR_INVALID_ARGUMENT, where, ": rank is ", tensor.rank, ", expected 0 to ", OAR_MAX_RANK);
  }
  const auto rank = static_cast<size_t>(tensor.rank);
  const std::vector<int64_t>& shape = *input.shape;
  bool fits = rank == shape.size();
  uint64_t bytes = dtype_size(*input.dtype);
  for (size_t i = 0; fits && i < rank; ++i) {
    fits = tensor.dims[i] >= 1 && (shape[i] == -1 || shape[i] == tensor.dims[i]) &&
           !__builtin_mul_overflow(bytes, static_cast<uint64_t>(tensor.dims[i]), &bytes);
  }
  if (!fits) {
    fail(OAR_BAD_SHAPE, where, " was given with shape ", shape_text(tensor.dims, rank), ", expected ",
         shape_text(shape.data(), shape.size()));
  }
  if (tensor.bytes != bytes) {
    fail(OAR_INVALID_ARGUMENT, where, ": bytes is ", tensor.bytes, ", but shape ", shape_text(tensor.dims, rank),
         " of ", oar_dtype_name(*input.dtype), " takes ", bytes);
  }
  if (tensor.data == nullptr) fail(OAR_INVALID_ARGUMENT, where, ": data is NULL");
}

}  // namespace oarlock
