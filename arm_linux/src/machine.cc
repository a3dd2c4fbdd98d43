#include "machine.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <sstream>

#include "oarlock.h"

namespace oarlock {
namespace app {
namespace {

std::string trimmed(const std::string& text) {
  constexpr std::string_view kSpace(" \t\n\0", 4);
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

utsname system_names() {
  utsname names = {};
  ::uname(&names);
  return names;
}

}  // namespace

std::string processor_name() {
  std::ostringstream model;
  model << std::ifstream("/proc/device-tree/model").rdbuf();
  if (const std::string name = trimmed(model.str()); !name.empty()) return name;
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("model name", 0) != 0) continue;
    if (const size_t colon = line.find(':'); colon != std::string::npos) return trimmed(line.substr(colon + 1));
  }
  return machine_name();
}

std::string machine_name() { return system_names().machine; }

std::string libc_name() {
#ifdef _CS_GNU_LIBC_VERSION
  std::array<char, 64> name = {};
  if (::confstr(_CS_GNU_LIBC_VERSION, name.data(), name.size()) > 0) return name.data();
#endif
  return "";
}

std::optional<int64_t> available_memory() {
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string name;
    int64_t kilobytes = 0;
    if (fields >> name >> kilobytes && name == "MemAvailable:") return kilobytes * 1024;
  }
  return std::nullopt;
}

std::map<std::string, std::string> environment() {
  const utsname names = system_names();
  return {{"processor", processor_name()},
          {"machine", names.machine},
          {"system", std::string(names.sysname) + " " + names.release},
          {"libc", libc_name()},
          {"oarlock", oar_version()}};
}

}  // namespace app
}  // namespace oarlock
