#include "status_line.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <iostream>

namespace oarlock {
namespace app {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstAfter(500);
constexpr milliseconds kEvery(100);
constexpr const char* kErase = "\r\x1b[K";

size_t terminal_columns() {
  winsize size = {};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

// At most so many characters of UTF-8.
std::string cut(const std::string& text, size_t characters) {
  size_t end = 0;
  while (end < text.size()) {
    if ((static_cast<unsigned char>(text[end]) & 0xC0) != 0x80 && characters-- == 0) break;
    ++end;
  }
  return text.substr(0, end);
}

}  // namespace

StatusLine::StatusLine() : shown_(::isatty(STDERR_FILENO) == 1), begin_(Clock::now()), drawn_(begin_) {}

bool StatusLine::is_due() const {
  const Clock::time_point now = Clock::now();
  return shown_ && now - begin_ >= kFirstAfter && now - drawn_ >= kEvery;
}

void StatusLine::draw(const std::string& text) {
  if (!shown_) return;
  drawn_ = Clock::now();
  visible_ = true;
  // A line that wraps could not be erased.
  std::cerr << kErase << cut(text, terminal_columns() - 1) << std::flush;
}

void StatusLine::erase() {
  if (!visible_) return;
  visible_ = false;
  std::cerr << kErase << std::flush;
}

}  // namespace app
}  // namespace oarlock
