// Messages through a pair of pipes: a JSON object, and arrays. The other end is py/oarlock/_channel.py, which has the
// format: a uint32 with the length of the header, the header, a JSON object whose "tensors" is a list of [dtype,
// shape], and the arrays one after another. Everything is little-endian, arrays are row-major.
#ifndef OARLOCK_ARM_LINUX_CHANNEL_H_
#define OARLOCK_ARM_LINUX_CHANNEL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "json.h"
#include "oarlock.h"
#include "output.h"

namespace oarlock {
namespace app {

struct Array {
  oar_dtype dtype = OAR_FLOAT32;
  std::vector<int64_t> shape;
  std::vector<uint8_t> data;
};

struct ChannelMessage {
  OrderedJson header;  // an object without "tensors"
  std::vector<Array> arrays;
};

// The bytes of an element.
size_t bytes_of(oar_dtype dtype);

// The header of a message as it is sent: with its length, and "tensors".
std::string framed(OrderedJson header, const std::vector<Array>& arrays);

// One end: reads a descriptor, writes the output. One thread.
class MessageChannel {
 public:
  // Both are borrowed.
  MessageChannel(int descriptor, Output& output) : descriptor_(descriptor), output_(output) {}

  // Waits for a message; nothing at the end of the stream, or after a signal. Failure (OAR-INVALID-ARGUMENT): what
  // comes is no message, after which nothing more can be read.
  std::optional<ChannelMessage> receive();
  void send(const ChannelMessage& message);

 private:
  bool read(void* data, size_t size);

  int descriptor_;
  Output& output_;
};

}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_CHANNEL_H_
