// Plain text in aligned columns, two spaces between them.
#ifndef OARLOCK_ARM_LINUX_TABLE_H_
#define OARLOCK_ARM_LINUX_TABLE_H_

#include <string>
#include <vector>

namespace oarlock {
namespace app {

class Table {
 public:
  // The headings; one that begins with ">" is right-aligned.
  explicit Table(const std::vector<std::string>& columns);
  // A cell for every column; "" shows as "-".
  void add(std::vector<std::string> cells);
  bool empty() const { return rows_.size() == 1; }
  // Lines, the last of which ends, too.
  std::string text() const;

 private:
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_TABLE_H_
