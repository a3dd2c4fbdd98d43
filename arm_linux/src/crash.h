// Paddle Lite ends the process where other libraries return an error: a wrong library for a processor is a SIGILL. What
// the user then reads is a sentence, and what a program reads is an object, as after any other failure.
#ifndef OARLOCK_ARM_LINUX_CRASH_H_
#define OARLOCK_ARM_LINUX_CRASH_H_

#include <functional>
#include <string>

#include "output.h"

namespace oarlock {
namespace app {

// What stdout gets, by code and sentence; "" for nothing.
using RenderFailure = std::function<std::string(const std::string& code, const std::string& sentence)>;

// Makes, now and not in a signal handler, what is said if the engine crashes on `model`, a name for messages; from then
// on a crash while an EngineAtWork lives is told so and ends the process with status 1. Other crashes stay what they
// are. Once per process, from the main thread.
void prepare_for_crashes(const std::string& model, const Output& output, const RenderFailure& render);

// Marks the time that the engine has the processor.
class EngineAtWork {
 public:
  EngineAtWork();
  ~EngineAtWork();
  EngineAtWork(const EngineAtWork&) = delete;
  EngineAtWork& operator=(const EngineAtWork&) = delete;
};

}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_CRASH_H_
