// Which pictures the arguments name.
#ifndef OARLOCK_ARM_LINUX_SOURCES_H_
#define OARLOCK_ARM_LINUX_SOURCES_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "failure.h"

namespace oarlock {
namespace app {

// A picture by its path, or "-"; or what was wrong with a folder on the way.
struct Item {
  std::string name;
  std::optional<Failure> failure;
};

// Looks at the arguments before anything is done: OAR-NOT-FOUND for one that names nothing, and for a folder without a
// picture; UsageError for "-" twice, or on a terminal.
void check_sources(const std::vector<std::string>& arguments);

// Calls `visit` for every picture, in order, until it returns false: a folder's pictures alphabetically, folders among
// files, without what is hidden; links to folders are not followed. As py/oarlock/commands/_sources.py, without
// patterns, which the shell expands, and lists.
void visit_sources(const std::vector<std::string>& arguments, const std::function<bool(const Item&)>& visit);

}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_SOURCES_H_
