#include "json.h"

namespace oarlock {
namespace app {

OrderedJson parse_json(const std::string& text) { return OrderedJson::parse(text, nullptr, false); }

}  // namespace app
}  // namespace oarlock
