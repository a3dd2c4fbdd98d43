// Whether the loaded Paddle Lite library is what the declarations of lite_api.h say.
#ifndef OARLOCK_PLUGIN_LAYOUT_CHECK_H_
#define OARLOCK_PLUGIN_LAYOUT_CHECK_H_

#include <string>

namespace oarlock {
namespace plugin {

// Throws std::runtime_error unless the library lays its configuration classes out as declared. To be called before
// anything else of the library.
void check_layout();

// What the library says of its own version, "v2.12" or a commit. It opens a model without operators for that. To be
// called after check_layout().
std::string ask_version();

}  // namespace plugin
}  // namespace oarlock

#endif  // OARLOCK_PLUGIN_LAYOUT_CHECK_H_
