// oarlock-classify: classifies pictures and camera frames with a bundle and Paddle Lite. docs/arm-linux.md is its page.
#include <unistd.h>

#include <exception>
#include <iostream>
#include <new>
#include <string>

#include "failure.h"
#include "program.h"
#include "status.h"
#include "writers.h"

namespace oarlock {
namespace app {
namespace {

int run(const Program& program) {
  switch (program.arguments.task) {
    case Task::kSelftest:
      return run_selftest(program);
    case Task::kFacts:
      return print_facts(program);
    case Task::kServe:
      return serve(program);
    case Task::kBench:
      return run_bench(program);
    case Task::kFrames:
      return classify_frames(program);
    case Task::kPictures:
      break;
  }
  return classify_pictures(program);
}

// The failure of the whole: a sentence on stderr and, with --json, docs/schema/failure.schema.json on stdout.
int tell(const Program& program, const std::string& code, const std::string& sentence) {
  std::cerr << "Error: " << printable(sentence) << std::endl;
  if (program.arguments.task == Task::kServe) return 1;
  try {
    program.output.print(render_failure(program.arguments.format, code, sentence));
  } catch (const Failure&) {  // It was stdout itself that failed.
  }
  return 1;
}

int run_and_tell(const Program& program) {
  try {
    return run(program);
  } catch (const Interrupted&) {
    std::cerr << "Interrupted." << std::endl;
    return program.stop.exit_status();
  } catch (const Failure& failure) {
    return tell(program, failure.code(), failure.what());
  } catch (const Error& error) {
    return tell(program, oar_status_code(error.status()), error.what());
  } catch (const std::bad_alloc&) {
    return tell(
        program, oar_status_code(OAR_OUT_OF_MEMORY),
        "there is not enough memory: close other programs, or raise the limit that this shell or container sets");
  } catch (const UsageError&) {
    throw;
  } catch (const std::exception& exception) {
    return tell(program, oar_status_code(OAR_INTERNAL), std::string("a defect of Oarlock: ") + exception.what());
  }
}

int main(int argc, char** argv) {
  Output output;
  try {
    const Arguments arguments = parse_arguments(argc, argv);
    Stop stop;
    return run_and_tell({arguments, output, stop});
  } catch (const Information& information) {
    output.print(information.text);
    return 0;
  } catch (const UsageError& error) {
    std::cerr << "Usage: oarlock-classify [OPTIONS] BUNDLE [PICTURE...]\nTry 'oarlock-classify --help'.\n\nError: "
              << printable(error.what()) << std::endl;
    return 2;
  }
}

}  // namespace
}  // namespace app
}  // namespace oarlock

int main(int argc, char** argv) {
  int status = 1;
  try {
    status = oarlock::app::main(argc, argv);
  } catch (const oarlock::app::ReaderGone&) {
  } catch (const std::exception& exception) {  // what could not even be told on stdout
    std::cerr << "Error: " << exception.what() << std::endl;
  }
#if !defined(OARLOCK_SANITIZED)
  // Everything is written and closed. The destructors of Paddle Lite's library would only take time, or crash.
  ::_exit(status);
#else
  return status;
#endif
}
