// Loading a Paddle Lite library and the plugin that speaks to it into this process.
#ifndef OARLOCK_SRC_ENGINE_LIBRARY_H_
#define OARLOCK_SRC_ENGINE_LIBRARY_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "plugin_abi.h"

namespace oarlock {

// Which file a library is, whatever path leads to it.
struct LibraryId {
  dev_t device;
  ino_t inode;
  std::string path;  // Absolute, without links.

  bool operator==(const LibraryId& other) const { return device == other.device && inode == other.inode; }
};

// OAR_NOT_FOUND or OAR_IO when there is no such file.
LibraryId identify_library(const std::string& path);

// A Paddle Lite library in this process. It is loaded with local visibility, since thousands of its symbols also live
// in PaddlePaddle, and stays until the process ends.
class EngineLibrary {
 public:
  // Loads the library. OAR_ENGINE_UNAVAILABLE when it is not one of those that a plugin exists for or does not load,
  // OAR_ENGINE_CONFLICT when somebody else in the process has loaded another file of the same soname. After an
  // exception no code of the library has stayed in the process.
  explicit EngineLibrary(const LibraryId& id);

  const std::string& path() const { return path_; }

  // Loads the plugin whose declarations fit this library, from beside the core. OAR_ENGINE_UNAVAILABLE otherwise.
  const oarlock_plugin_table* open_plugin() const;

 private:
  std::string path_;
  const std::vector<const char*>* plugins_;  // File names, in the order in which to try them.
  void* handle_;
};

}  // namespace oarlock

#endif  // OARLOCK_SRC_ENGINE_LIBRARY_H_
