// Between the engine's element types and oar_dtype.
#ifndef OARLOCK_PLUGIN_TENSOR_TYPES_H_
#define OARLOCK_PLUGIN_TENSOR_TYPES_H_

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "lite_api.h"
#include "oarlock.h"

namespace oarlock {
namespace plugin {

// Memory of tensor.shape() values of `dtype` in the tensor, which takes that type on. FP16 goes as the 16-bit integer
// that the engine exports a function for.
inline void* mutable_data(const paddle::lite_api::Tensor& tensor, oar_dtype dtype) {
  switch (dtype) {
    case OAR_FLOAT32:
      return tensor.mutable_data<float>();
    case OAR_FLOAT64:
      return tensor.mutable_data<double>();
    case OAR_INT64:
      return tensor.mutable_data<int64_t>();
    case OAR_INT32:
      return tensor.mutable_data<int32_t>();
    case OAR_INT8:
      return tensor.mutable_data<int8_t>();
    case OAR_UINT8:
      return tensor.mutable_data<uint8_t>();
    case OAR_BOOL:
      return tensor.mutable_data<bool>();
    default:
      throw std::runtime_error("it takes no inputs of dtype number " + std::to_string(static_cast<int>(dtype)));
  }
}

// dtype, rank, dims, data and bytes of an output in the memory of the CPU.
inline void describe(const paddle::lite_api::Tensor& tensor, oar_tensor* out) {
  using paddle::lite_api::PrecisionType;
  using paddle::lite_api::TargetType;
  const TargetType target = tensor.target();
  if (target != TargetType::kHost && target != TargetType::kX86 && target != TargetType::kARM) {
    throw std::runtime_error("the output is not in the memory of the CPU but on target " +
                             std::to_string(static_cast<int>(target)));
  }
  const std::vector<int64_t> shape = tensor.shape();
  if (shape.size() > OAR_MAX_RANK) {
    throw std::runtime_error("the output has " + std::to_string(shape.size()) + " dimensions, expected at most " +
                             std::to_string(OAR_MAX_RANK));
  }
  size_t element = 0;
  switch (tensor.precision()) {
    case PrecisionType::kFloat:
      out->dtype = OAR_FLOAT32, out->data = tensor.data<float>(), element = 4;
      break;
    case PrecisionType::kFP64:
      out->dtype = OAR_FLOAT64, out->data = tensor.data<double>(), element = 8;
      break;
    case PrecisionType::kInt64:
      out->dtype = OAR_INT64, out->data = tensor.data<int64_t>(), element = 8;
      break;
    case PrecisionType::kInt32:
      out->dtype = OAR_INT32, out->data = tensor.data<int32_t>(), element = 4;
      break;
    case PrecisionType::kInt8:
      out->dtype = OAR_INT8, out->data = tensor.data<int8_t>(), element = 1;
      break;
    case PrecisionType::kUInt8:
      out->dtype = OAR_UINT8, out->data = tensor.data<uint8_t>(), element = 1;
      break;
    case PrecisionType::kBool:
      out->dtype = OAR_BOOL, out->data = tensor.data<bool>(), element = 1;
      break;
    default:
      throw std::runtime_error("the output has the element type number " +
                               std::to_string(static_cast<int>(tensor.precision())) + ", which Oarlock does not read");
  }
  out->rank = static_cast<int32_t>(shape.size());
  size_t count = 1;
  for (size_t i = 0; i < shape.size(); ++i) {
    out->dims[i] = shape[i];
    count *= static_cast<size_t>(shape[i]);
  }
  out->bytes = count * element;
}

}  // namespace plugin
}  // namespace oarlock

#endif  // OARLOCK_PLUGIN_TENSOR_TYPES_H_
