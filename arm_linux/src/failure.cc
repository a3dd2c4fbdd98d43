#include "failure.h"

namespace oarlock {
namespace app {

void fail_with(const char* code, std::initializer_list<std::string_view> parts) {
  std::string sentence;
  for (const std::string_view part : parts) sentence += part;
  throw Failure(code, sentence);
}

void check(oar_status status) {
  if (status != OAR_OK) throw Failure(oar_status_code(status), oar_last_error());
}

}  // namespace app
}  // namespace oarlock
