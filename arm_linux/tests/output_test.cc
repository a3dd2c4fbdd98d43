// Results and everything else part at stdout.
#include "output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "failure.h"

namespace oarlock {
namespace app {
namespace {

// Stands for a standard descriptor while it lives.
class Replaced {
 public:
  Replaced(int standard, const char* path, int flags) : standard_(standard), kept_(::dup(standard)) {
    std::fflush(stdout);  // what the test runner has said
    const int file = path == nullptr ? ::memfd_create("replaced", 0) : ::open(path, flags);
    EXPECT_GE(file, 0);
    ::dup2(file, standard_);
    ::close(file);
  }
  ~Replaced() {
    ::dup2(kept_, standard_);
    ::close(kept_);
  }
  Replaced(const Replaced&) = delete;
  Replaced& operator=(const Replaced&) = delete;

  std::string content() const {
    std::string text(4096, '\0');
    text.resize(static_cast<size_t>(::pread(standard_, text.data(), text.size(), 0)));
    return text;
  }

 private:
  int standard_;
  int kept_;
};

TEST(Output, WhatOthersPrintOnStdoutIsNoResult) {
  const Replaced out(STDOUT_FILENO, nullptr, 0);
  const Replaced err(STDERR_FILENO, nullptr, 0);
  {
    Output output;
    std::printf("an engine's chatter\n");
    std::fflush(stdout);
    output.print("a result\n");
  }
  EXPECT_EQ(out.content(), "a result\n");
  EXPECT_EQ(err.content(), "an engine's chatter\n");
}

TEST(Output, AFullDiskIsAFailure) {
  const Replaced out(STDOUT_FILENO, "/dev/full", O_WRONLY);
  Output output;
  try {
    output.print("a result\n");
    FAIL() << "it was written";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), "OAR-IO");
  }
}

TEST(Output, AReaderThatIsGoneIsToldApart) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  const int kept = ::dup(STDOUT_FILENO);
  ::dup2(ends[1], STDOUT_FILENO);
  ::close(ends[1]);
  {
    Output output;
    EXPECT_THROW(output.print("a result\n"), ReaderGone);
  }
  ::dup2(kept, STDOUT_FILENO);
  ::close(kept);
}

}  // namespace
}  // namespace app
}  // namespace oarlock
