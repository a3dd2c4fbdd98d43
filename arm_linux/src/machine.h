// What the machine is, for records and for programs that choose what to send to it.
#ifndef OARLOCK_ARM_LINUX_MACHINE_H_
#define OARLOCK_ARM_LINUX_MACHINE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace oarlock {
namespace app {

// The board's name where there is a device tree, "Raspberry Pi 4 Model B Rev 1.4"; else the processor's; else the
// architecture.
std::string processor_name();
// As uname has it: "aarch64", "armv7l", "x86_64".
std::string machine_name();
// "glibc 2.36"
std::string libc_name();
// Bytes that programs can have without swapping, by the kernel's estimate (MemAvailable of /proc/meminfo).
std::optional<int64_t> available_memory();

// The field "environment" of docs/schema/bench.schema.json without the engine's version.
std::map<std::string, std::string> environment();

}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_MACHINE_H_
