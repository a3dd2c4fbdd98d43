// A child process that measures, so that the start of the engine and its memory are not those of an earlier
// measurement, and so that an engine that ends its process does not end the program.
//
// It is a fork, and no program of its own: an emulator could not start one, and this program has loaded nothing yet.
#ifndef OARLOCK_ARM_LINUX_BENCH_CHILD_H_
#define OARLOCK_ARM_LINUX_BENCH_CHILD_H_

#include <functional>
#include <string>

#include "program.h"

namespace oarlock {
namespace app {
namespace bench {

// Sends a message, any bytes, to the parent.
using Tell = std::function<void(const std::string& message)>;

// Calls `work` in a child, and `on_message` here with each message but the last, which is returned: `work` sends it
// before it returns. A failure in `work` is thrown here again. Only while this process has a
// single thread.
//
// OAR-ENGINE-CRASHED when the child ended without a last message; the sentence begins with `name` and has what it wrote
// to stderr. OAR-ENGINE-UNAVAILABLE when it could not be started. Interrupted when `stop` (a descriptor, or -1) becomes
// readable. Whatever happens, the child is gone afterwards; it also ends with this process.
std::string run_child(const std::string& name, const std::function<void(const Tell&)>& work,
                      const std::function<void(const std::string&)>& on_message, int stop);

// How a process came to its end, by its status of waitpid() and what it wrote to stderr: "crashed (SIGSEGV)".
std::string describe_ending(int status, const std::string& output);

}  // namespace bench
}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_BENCH_CHILD_H_
