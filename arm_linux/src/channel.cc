#include "channel.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "failure.h"

namespace oarlock {
namespace app {
namespace {

constexpr uint32_t kLongestHeader = 1 << 20;
constexpr uint64_t kMostBytes = uint64_t{1} << 31;
constexpr oar_dtype kDtypes[] = {OAR_FLOAT32, OAR_FLOAT64, OAR_FLOAT16, OAR_INT64, OAR_INT32,
                                 OAR_INT16,   OAR_INT8,    OAR_UINT8,   OAR_BOOL};

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "messages are little-endian, and so is every machine of ours");

[[noreturn]] void fail_garbled(const std::string& what) {
  fail_with("OAR-INVALID-ARGUMENT", {"standard input: is no message (", what, "), expected those of --serve"});
}

// An array whose data are still to be read.
Array announced(const OrderedJson& tensor, uint64_t& left) {
  if (!tensor.is_array() || tensor.size() != 2 || !tensor[0].is_string() || !tensor[1].is_array()) {
    fail_garbled("a tensor that is no pair of dtype and shape");
  }
  Array array;
  const auto dtype = std::find_if(std::begin(kDtypes), std::end(kDtypes),
                                  [&](oar_dtype each) { return tensor[0] == oar_dtype_name(each); });
  if (dtype == std::end(kDtypes) || tensor[1].size() > OAR_MAX_RANK) fail_garbled("an array of " + tensor.dump());
  array.dtype = *dtype;
  uint64_t bytes = bytes_of(array.dtype);
  for (const OrderedJson& side : tensor[1]) {
    if (!side.is_number_unsigned()) fail_garbled("an array of " + tensor.dump());
    array.shape.push_back(side.get<int64_t>());
    const uint64_t count = side.get<uint64_t>();
    if (count != 0 && bytes > left / count) fail_garbled("an array of " + tensor.dump());
    bytes *= count;
  }
  left -= bytes;
  array.data.resize(static_cast<size_t>(bytes));
  return array;
}

}  // namespace

size_t bytes_of(oar_dtype dtype) {
  switch (dtype) {
    case OAR_FLOAT64:
    case OAR_INT64:
      return 8;
    case OAR_FLOAT32:
    case OAR_INT32:
      return 4;
    case OAR_FLOAT16:
    case OAR_INT16:
      return 2;
    default:
      return 1;
  }
}

std::string framed(OrderedJson header, const std::vector<Array>& arrays) {
  OrderedJson tensors = OrderedJson::array();
  for (const Array& array : arrays) tensors.push_back({oar_dtype_name(array.dtype), array.shape});
  header["tensors"] = std::move(tensors);
  const std::string text = header.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
  const auto length = static_cast<uint32_t>(text.size());
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  return bytes + text;
}

std::optional<ChannelMessage> MessageChannel::receive() {
  uint32_t length = 0;
  if (!read(&length, sizeof length)) return std::nullopt;
  if (length > kLongestHeader) fail_garbled("a header of " + std::to_string(length) + " bytes");
  std::string text(length, '\0');
  if (!read(text.data(), text.size())) return std::nullopt;
  ChannelMessage message;
  message.header = parse_json(text);
  if (!message.header.is_object() || !message.header.contains("tensors") || !message.header["tensors"].is_array()) {
    fail_garbled("a header without \"tensors\"");
  }
  uint64_t left = kMostBytes;
  for (const OrderedJson& tensor : message.header["tensors"]) message.arrays.push_back(announced(tensor, left));
  message.header.erase("tensors");
  for (Array& array : message.arrays) {
    if (!read(array.data.data(), array.data.size())) return std::nullopt;
  }
  return message;
}

void MessageChannel::send(const ChannelMessage& message) {
  output_.print(framed(message.header, message.arrays));
  for (const Array& array : message.arrays) output_.write(array.data.data(), array.data.size());
}

// False at the end of the stream, and after a signal.
bool MessageChannel::read(void* data, size_t size) {
  auto* next = static_cast<char*>(data);
  while (size > 0) {
    const ssize_t count = ::read(descriptor_, next, size);
    if (count <= 0) return false;
    next += count;
    size -= static_cast<size_t>(count);
  }
  return true;
}

}  // namespace app
}  // namespace oarlock
