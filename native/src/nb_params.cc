#include "nb_params.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

#include "dtype.h"
#include "nb_program.h"
#include "paddle_lite_nb_generated.h"
#include "status.h"

namespace oarlock {
namespace {

namespace schema = nb_schema;

constexpr size_t kLongestName = 4096;
constexpr size_t kMostDimensions = 32;

// Follows the FlatBuffers encoding of one parameter by hand. FlatBuffers' own accessors want the buffer in aligned
// memory, and it holds the weights. All positions are from the start of the buffer; every read is checked.
class ParamBuffer {
 public:
  ParamBuffer(const ByteSource& file, const NbSpan& span, const std::string& what)
      : file_(file), span_(span), what_(what), window_(std::min<uint64_t>(span.size, kWindow)) {
    file_.read(span_.offset, window_.data(), window_.size());
  }

  template <class... Parts>
  [[noreturn]] void bad(const Parts&... parts) const {
    fail(OAR_BAD_MODEL, file_.name(), ": ", what_, " at offset ", span_.offset, " ", parts...);
  }

  template <class T>
  T number(uint64_t position) const {
    if (position % sizeof(T) != 0) bad("has a misaligned field at ", position);
    T value;
    bytes(position, &value, sizeof value);
    return value;
  }

  std::string string(uint64_t position) const {
    const auto size = number<uint32_t>(position);
    if (size == 0 || size > kLongestName) bad("has a name of ", size, " bytes, expected 1 to ", kLongestName);
    std::string value(size, '\0');
    bytes(position + 4, value.data(), size);
    return value;
  }

  // Where the offset stored at `position` leads.
  uint64_t follow(uint64_t position) const { return position + number<uint32_t>(position); }

  // Where field `slot` (a VT_ constant of the schema) of the table at `table` lies; nothing when it is left out.
  std::optional<uint64_t> field(uint64_t table, uint16_t slot) const {
    const auto vtable = static_cast<int64_t>(table) - number<int32_t>(table);
    if (vtable < 0) bad("has a table that begins before it");
    const auto vtable_size = number<uint16_t>(static_cast<uint64_t>(vtable));
    if (slot + 2u > vtable_size) return std::nullopt;
    const auto offset = number<uint16_t>(static_cast<uint64_t>(vtable) + slot);
    if (offset == 0) return std::nullopt;
    return table + offset;
  }

  void check_range(uint64_t position, uint64_t count) const {
    if (position > span_.size || count > span_.size - position) {
      bad("refers to ", count, " bytes at ", position, " of its ", span_.size);
    }
  }

 private:
  static constexpr size_t kWindow = 512;

  void bytes(uint64_t position, void* out, size_t count) const {
    check_range(position, count);
    if (position + count <= window_.size()) {
      std::memcpy(out, window_.data() + position, count);
    } else {
      file_.read(span_.offset + position, out, count);
    }
  }

  const ByteSource& file_;
  NbSpan span_;
  const std::string& what_;
  std::vector<unsigned char> window_;  // The first bytes, where all but the values usually lies.
};

struct Param {
  std::string name;
  oar_dtype dtype;
  uint64_t elements;
  uint64_t bytes;
};

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string result = "[";
  for (const int64_t dimension : shape) result += text(result.size() > 1 ? ", " : "", dimension);
  return result + "]";
}

Param read_param(const ByteSource& file, const NbSpan& span, size_t index) {
  using schema::ParamDesc;
  using schema::ParamTensor;
  const std::string what = text("parameter ", index);
  const ParamBuffer buffer(file, span, what);
  const uint64_t root = buffer.follow(0);
  const auto name = buffer.field(root, ParamDesc::VT_NAME);
  const auto kind = buffer.field(root, ParamDesc::VT_VARIABLE_TYPE);
  const auto variable = buffer.field(root, ParamDesc::VT_VARIABLE);
  if (!name || !kind || !variable) buffer.bad("lacks its name or its tensor");
  if (buffer.number<uint8_t>(*kind) != static_cast<uint8_t>(schema::ParamVariable::ParamTensor)) {
    buffer.bad("is of kind number ", int{buffer.number<uint8_t>(*kind)}, ", expected a tensor (1)");
  }
  Param param;
  param.name = buffer.string(buffer.follow(*name));

  const uint64_t tensor = buffer.follow(*variable);
  const auto dims = buffer.field(tensor, ParamTensor::VT_DIM);
  const auto type = buffer.field(tensor, ParamTensor::VT_DATA_TYPE);
  const auto data = buffer.field(tensor, ParamTensor::VT_DATA);
  if (!dims || !data) buffer.bad("('", param.name, "') lacks its shape or its values");
  const int32_t type_number = type ? buffer.number<int32_t>(*type) : 0;
  const auto dtype = nb_dtype(type_number);
  if (!dtype) buffer.bad("('", param.name, "') has the type number ", type_number, ", which is no number type");
  param.dtype = *dtype;

  const uint64_t dims_at = buffer.follow(*dims);
  const auto rank = buffer.number<uint32_t>(dims_at);
  if (rank > kMostDimensions) buffer.bad("('", param.name, "') has ", rank, " dimensions");
  std::vector<int64_t> shape;
  param.elements = 1;
  bool overflows = false;
  for (uint32_t i = 0; i < rank; ++i) {
    shape.push_back(buffer.number<int64_t>(dims_at + 4 + 8 * uint64_t{i}));
    overflows |= shape.back() < 0 ||
                 __builtin_mul_overflow(param.elements, static_cast<uint64_t>(shape.back()), &param.elements);
  }
  overflows |= __builtin_mul_overflow(param.elements, uint64_t{dtype_size(param.dtype)}, &param.bytes);

  const uint64_t data_at = buffer.follow(*data);
  const auto data_bytes = buffer.number<uint32_t>(data_at);
  buffer.check_range(data_at + 4, data_bytes);
  if (overflows || param.bytes != data_bytes || data_bytes == 0) {
    buffer.bad("('", param.name, "') has ", data_bytes, " bytes of values, which is not what ",
               oar_dtype_name(param.dtype), " ", shape_text(shape), " takes");
  }
  const auto lod = buffer.field(tensor, ParamTensor::VT_LOD);
  if (lod) buffer.check_range(buffer.follow(*lod) + 4, 8 * uint64_t{buffer.number<uint32_t>(buffer.follow(*lod))});
  return param;
}

}  // namespace

NbParams read_nb_params(const ByteSource& file, const NbContainer& container, const std::set<std::string>& expected) {
  NbParams params;
  std::string previous;
  uint64_t largest = 0;
  for (size_t i = 0; i < container.params.size(); ++i) {
    const Param param = read_param(file, container.params[i], i);
    const auto bad = [&](const auto&... parts) {
      fail(OAR_BAD_MODEL, file.name(), ": parameter ", i, " ('", param.name, "') at offset ",
           container.params[i].offset, " ", parts...);
    };
    if (i > 0 && !(previous < param.name)) bad("is out of order: it follows '", previous, "'");
    if (expected.count(param.name) == 0) bad("belongs to no variable of the program");
    previous = param.name;
    largest = std::max(largest, param.bytes);
    params.elements += param.elements;
    params.bytes += param.bytes;
    ++params.dtypes[oar_dtype_name(param.dtype)];
    ++params.count;
  }
  if (params.count != expected.size()) {
    fail(OAR_BAD_MODEL, file.name(), ": has ", params.count, " parameters, but the program has ", expected.size(),
         " variables that need one");
  }
  if (largest != container.largest_param) {
    fail(OAR_BAD_MODEL, file.name(), ": says that its largest parameter has ", container.largest_param,
         " bytes, found ", largest);
  }
  return params;
}

}  // namespace oarlock
