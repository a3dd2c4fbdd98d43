#include <nlohmann/json.hpp>

#include "nb.h"

namespace oarlock {
namespace {

using nlohmann::json;

json describe_tensors(const std::vector<NbTensor>& tensors) {
  json result = json::array();
  for (const NbTensor& tensor : tensors) {
    result.push_back({{"name", tensor.name},
                      {"shape", tensor.shape ? json(*tensor.shape) : json()},
                      {"dtype", tensor.dtype ? json(oar_dtype_name(*tensor.dtype)) : json()}});
  }
  return result;
}

}  // namespace

std::string describe_nb(const NbModel& model) {
  const std::string number = version_number(model.container.version);
  const json description = {
      {"file", model.name},
      {"size", model.size},
      {"meta_version", model.container.meta_version},
      {"version", number.empty() ? model.container.version : number},
      {"targets", model.program.targets},
      {"inputs", describe_tensors(model.program.inputs)},
      {"outputs", describe_tensors(model.program.outputs)},
      {"ops", model.program.ops},
      {"op_count", model.program.op_count},
      {"kernels", model.program.kernels},
      {"kernel_ops", model.program.kernel_ops},
      {"params",
       {{"count", model.params.count},
        {"elements", model.params.elements},
        {"bytes", model.params.bytes},
        {"dtypes", model.params.dtypes}}},
  };
  // Names that are no UTF-8 are shown with replacement characters.
  return description.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace oarlock
