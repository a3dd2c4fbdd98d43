#include "byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "status.h"

namespace oarlock {
namespace {

// FAT has the coarsest times of the file systems in use.
constexpr std::time_t kCoarsestTime = 2;

bool is_long_ago(const timespec& time) {
  const std::time_t now = std::time(nullptr);
  return time.tv_sec < now - kCoarsestTime || time.tv_sec > now + kCoarsestTime;
}

}  // namespace

std::string FileIdentity::text() const {
  return oarlock::text(device, ":", inode, ":", size, ":", content_changed.tv_sec, ".", content_changed.tv_nsec, ":",
                       changed.tv_sec, ".", changed.tv_nsec);
}

bool FileIdentity::is_settled() const { return is_long_ago(content_changed) && is_long_ago(changed); }

ByteSource::ByteSource(std::string name, int descriptor, const void* data, uint64_t size)
    : name_(std::move(name)), descriptor_(descriptor), data_(static_cast<const unsigned char*>(data)), size_(size) {}

ByteSource::ByteSource(ByteSource&& other) noexcept
    : name_(std::move(other.name_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      data_(other.data_),
      size_(other.size_) {}

ByteSource::~ByteSource() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

ByteSource ByteSource::open_file(const std::string& path) {
  // O_NONBLOCK: a FIFO without a writer is refused below and does not hang here.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) {
    const int error = errno;
    if (error == ENOENT || error == ENOTDIR) fail(OAR_NOT_FOUND, path, ": no such file");
    fail(OAR_IO, path, ": cannot be opened: ", std::strerror(error));
  }
  ByteSource source(path, descriptor, nullptr, 0);  // Closes the descriptor whatever happens next.
  struct stat status;
  if (::fstat(descriptor, &status) != 0) fail(OAR_IO, path, ": cannot be examined: ", std::strerror(errno));
  if (S_ISDIR(status.st_mode)) fail(OAR_INVALID_ARGUMENT, path, ": is a folder, expected a file");
  if (!S_ISREG(status.st_mode)) fail(OAR_INVALID_ARGUMENT, path, ": is no regular file");
  source.size_ = static_cast<uint64_t>(status.st_size);
  return source;
}

ByteSource ByteSource::from_memory(std::string name, const void* data, size_t size) {
  return ByteSource(std::move(name), -1, data, size);
}

void ByteSource::read(uint64_t offset, void* out, size_t count) const {
  if (offset > size_ || count > size_ - offset) {
    fail(OAR_INTERNAL, name_, ": read of ", count, " bytes at offset ", offset, " of ", size_);
  }
  if (!is_file()) {
    if (count > 0) std::memcpy(out, data_ + offset, count);
    return;
  }
  auto* to = static_cast<unsigned char*>(out);
  while (count > 0) {
    const ssize_t got = ::pread(descriptor_, to, count, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(OAR_IO, name_, ": cannot be read at offset ", offset, ": ", std::strerror(errno));
    if (got == 0) fail(OAR_IO, name_, ": became shorter while it was read (nothing at offset ", offset, ")");
    to += got;
    offset += static_cast<uint64_t>(got);
    count -= static_cast<size_t>(got);
  }
}

FileIdentity ByteSource::identity() const {
  struct stat status;
  if (::fstat(descriptor_, &status) != 0) fail(OAR_IO, name_, ": cannot be examined: ", std::strerror(errno));
  return {status.st_dev, status.st_ino, static_cast<uint64_t>(status.st_size), status.st_mtim, status.st_ctim};
}

std::string ByteSource::pinned_path() const {
  const std::string pinned = text("/proc/self/fd/", descriptor_);
  return ::access(pinned.c_str(), R_OK) == 0 ? pinned : name_;
}

}  // namespace oarlock
