// Where Paddle Lite's library is.
#ifndef OARLOCK_ARM_LINUX_ENGINE_SEARCH_H_
#define OARLOCK_ARM_LINUX_ENGINE_SEARCH_H_

#include <string>

namespace oarlock {
namespace app {

// The version that is looked for when no bundle says which.
constexpr const char* kDefaultEngineVersion = "2.12";

// Where Oarlock keeps what it fetches and remembers: $OARLOCK_HOME, else oarlock/ in the user's cache folder; "" when
// there is neither. The same as oarlock.store.home(). It may not exist.
std::string store_home();

// The library that `given` names, a file or a folder (what --engine says); for "" the first of
//   $OARLOCK_ENGINE, a file or a folder likewise;
//   libpaddle_light_api_shared.so beside this program, or in lib/ beside it;
//   what `oarlock lite install` has put into the store: HOME/lite/VERSION/TARGET/engine.json.
// In a folder it is looked for there, in lib/ and in cxx/lib/, as release archives have it.
//
// Failure: OAR-NOT-FOUND when what is named is not there, OAR-ENGINE-NOT-INSTALLED when nothing is.
std::string find_engine(const std::string& given, const std::string& version);

}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_ENGINE_SEARCH_H_
