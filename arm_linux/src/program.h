// What every mode of the program is given, and what it is: the seam between main() and the folders.
#ifndef OARLOCK_ARM_LINUX_PROGRAM_H_
#define OARLOCK_ARM_LINUX_PROGRAM_H_

#include "arguments.h"
#include "output.h"
#include "stop.h"

namespace oarlock {
namespace app {

struct Program {
  const Arguments& arguments;
  Output& output;  // results; nothing else reaches stdout, whoever prints
  Stop& stop;      // SIGINT and SIGTERM
};

// Thrown by a mode when the user wants an end, and there is nothing more to say.
struct Interrupted {};

// A mode does its work and returns the exit status: 0 done, 1 failed or a limit is broken; after a signal
// program.stop.exit_status(). It may throw Failure, the core's Error, Interrupted and std::exception, which main()
// tells the user: a sentence on stderr and, with --json, an object on stdout.
int classify_pictures(const Program& program);  // modes/classify.cc
int run_selftest(const Program& program);       // modes/selftest.cc
int print_facts(const Program& program);        // modes/facts.cc
int serve(const Program& program);              // modes/serve.cc
int run_bench(const Program& program);          // modes/bench.cc
int classify_frames(const Program& program);    // modes/frames.cc

}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_PROGRAM_H_
