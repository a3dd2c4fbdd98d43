// JSON as the program reads and writes it; keys keep their order.
#ifndef OARLOCK_ARM_LINUX_JSON_H_
#define OARLOCK_ARM_LINUX_JSON_H_

#include <nlohmann/json.hpp>
#include <string>

namespace oarlock {
namespace app {

using OrderedJson = nlohmann::ordered_json;

// The value that `text` is; a discarded one (is_discarded()) for text that is no JSON. In one place, so that the parser
// is in the program once.
OrderedJson parse_json(const std::string& text);

}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_JSON_H_
