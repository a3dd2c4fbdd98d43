// Bytes that are read in pieces: a file, or memory of the caller's.
#ifndef OARLOCK_SRC_BYTE_SOURCE_H_
#define OARLOCK_SRC_BYTE_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <string>

namespace oarlock {

// Which file it is, and in which state.
struct FileIdentity {
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t size = 0;
  timespec content_changed = {};  // mtime, which anybody who may write the file can set.
  timespec changed = {};          // ctime, which nobody can.

  std::string text() const;
  // Whether the file has this text for as long as its content stays. It has not when it was changed a moment ago: the
  // next change may get the same time.
  bool is_settled() const;
};

// Files are read with pread and never mapped, so that a file which shrinks meanwhile is an error and no SIGBUS.
// Movable; immutable otherwise, and may be shared by threads.
class ByteSource {
 public:
  // A regular file, kept open. OAR_NOT_FOUND when there is none, OAR_IO when it cannot be read; a folder is
  // OAR_INVALID_ARGUMENT. Messages begin with the path.
  static ByteSource open_file(const std::string& path);
  // Borrowed bytes; `name` stands for the file in messages.
  static ByteSource from_memory(std::string name, const void* data, size_t size);

  ByteSource(ByteSource&& other) noexcept;
  ByteSource& operator=(ByteSource&&) = delete;
  ~ByteSource();

  const std::string& name() const { return name_; }
  uint64_t size() const { return size_; }
  bool is_file() const { return descriptor_ >= 0; }

  // The bytes [offset, offset + count), which must lie within size(). OAR_IO when the file has become shorter.
  void read(uint64_t offset, void* out, size_t count) const;

  // Of the open file, as it is now. Files only.
  FileIdentity identity() const;

  // A path that names the very file that is open here, whatever has been renamed over its own path since. Valid while
  // this object lives.
  std::string pinned_path() const;

 private:
  ByteSource(std::string name, int descriptor, const void* data, uint64_t size);

  std::string name_;
  int descriptor_;
  const unsigned char* data_;
  uint64_t size_;
};

}  // namespace oarlock

#endif  // OARLOCK_SRC_BYTE_SOURCE_H_
