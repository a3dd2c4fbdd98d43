#include "frames/raw_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

#include "frames/failing.h"
#include "frames/newest_frame.h"
#include "frames/waiting.h"

namespace oarlock {
namespace app {
namespace frames {
namespace {

// An opened file or pipe; standard input is not closed.
class Input {
 public:
  explicit Input(const std::string& path)
      : name_(path),
        descriptor_(path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC)),
        owned_(path != "-") {
    if (descriptor_ >= 0) return;
    if (errno == ENOENT) fail("OAR-NOT-FOUND", path, ": no such file, expected raw frames");
    fail("OAR-IO", path, ": cannot be opened: ", std::strerror(errno));
  }
  Input(Input&& other) noexcept
      : name_(std::move(other.name_)), descriptor_(std::exchange(other.descriptor_, -1)), owned_(other.owned_) {}
  Input& operator=(Input&&) = delete;
  ~Input() {
    if (owned_ && descriptor_ >= 0) ::close(descriptor_);
  }

  const std::string& name() const { return name_; }
  int descriptor() const { return descriptor_; }

  bool is_regular() const {
    struct stat status = {};
    return ::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode);
  }

  // What read() gives; 0 at the end.
  size_t read(uint8_t* data, size_t size) const {
    for (;;) {
      const ssize_t count = ::read(descriptor_, data, size);
      if (count >= 0) return static_cast<size_t>(count);
      if (errno != EINTR && errno != EAGAIN) fail("OAR-IO", name_, ": cannot be read: ", std::strerror(errno));
      if (errno == EAGAIN) wait_readable(descriptor_, -1, -1);
    }
  }

 private:
  std::string name_;
  int descriptor_;
  bool owned_;
};

std::string displayed(const std::string& name) { return name == "-" ? "standard input" : name; }

[[noreturn]] void fail_in_frame(const std::string& name, uint64_t number, size_t bytes, size_t expected) {
  fail("OAR-TRUNCATED-IMAGE", displayed(name), ": ends within frame ", number, ", after ", bytes, " of its ", expected,
       " bytes; expected whole frames: see whether format and size are those of --raw");
}

[[noreturn]] void fail_empty(const std::string& name, size_t expected) {
  fail("OAR-BAD-IMAGE", displayed(name), ": is empty, expected frames of ", expected, " bytes");
}

class RawSource : public FrameSource {
 public:
  RawSource(Input input, const RawFormat& format)
      : input_(std::move(input)), format_(format), bytes_(frame_bytes(format)) {}

  const std::string& name() const override { return input_.name(); }
  std::vector<std::string> remarks() const override { return {}; }

 protected:
  const Input input_;
  const RawFormat format_;
  const size_t bytes_;
};

// Every frame.
class File : public RawSource {
 public:
  File(Input input, const RawFormat& format, int stop)
      : RawSource(std::move(input), format), stop_(stop), buffer_(bytes_) {}

  bool next(SourceFrame* frame) override {
    if (is_readable(stop_)) return false;
    size_t filled = 0;
    while (filled < bytes_) {
      const size_t count = input_.read(buffer_.data() + filled, bytes_ - filled);
      if (count == 0) break;
      filled += count;
    }
    if (filled == 0 && number_ > 0) return false;
    if (filled == 0) fail_empty(name(), bytes_);
    ++number_;
    if (filled < bytes_) fail_in_frame(name(), number_, filled, bytes_);
    *frame = {view_raw(format_, buffer_.data()), number_};
    return true;
  }

  uint64_t lost() const override { return 0; }

 private:
  const int stop_;
  std::vector<uint8_t> buffer_;
  uint64_t number_ = 0;
};

// The newest frame.
class Pipe : public RawSource {
 public:
  Pipe(Input input, const RawFormat& format, int stop)
      : RawSource(std::move(input), format), slot_(bytes_), thread_([this, stop] { receive(stop); }) {}

  ~Pipe() override {
    ending_.signal();
    thread_.join();
  }

  bool next(SourceFrame* frame) override {
    ReceivedFrame received;
    if (!slot_.take(&received)) return false;
    *frame = {view_raw(format_, received.data), received.number};
    return true;
  }

  uint64_t lost() const override { return slot_.lost(); }

 private:
  void receive(int stop) {
    try {
      uint64_t number = 1;
      while (receive_frame(number, stop)) ++number;
    } catch (...) {
      slot_.end(std::current_exception());
    }
  }

  // False when there is no further one, which the slot has been told.
  bool receive_frame(uint64_t number, int stop) {
    uint8_t* data = nullptr;
    for (size_t filled = 0; filled < bytes_;) {
      if (!wait_readable(input_.descriptor(), stop, ending_.descriptor())) {
        slot_.abandon();
        return false;
      }
      // What is there may be the end of the pipe, which must not cost the frame that waits.
      uint8_t first;
      const size_t count = data == nullptr ? input_.read(&first, 1) : input_.read(data + filled, bytes_ - filled);
      if (count == 0) {
        if (filled > 0) fail_in_frame(name(), number, filled, bytes_);
        if (number == 1) fail_empty(name(), bytes_);
        slot_.end();
        return false;
      }
      if (data == nullptr) {
        data = slot_.begin();
        data[0] = first;
      }
      filled += count;
    }
    slot_.finish(bytes_, number);
    return true;
  }

  NewestFrame slot_;
  Event ending_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<FrameSource> open_raw(const std::string& path, const RawFormat& format, int stop) {
  Input input(path);
  if (input.is_regular()) return std::make_unique<File>(std::move(input), format, stop);
  return std::make_unique<Pipe>(std::move(input), format, stop);
}

}  // namespace frames
}  // namespace app
}  // namespace oarlock
