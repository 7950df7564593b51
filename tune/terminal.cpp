#include "tune/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

namespace lehr {

namespace {

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

/// The first of LC_ALL, LC_CTYPE, LANG that is set decides, as in POSIX.
bool speaks_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    std::string value(variable(name));
    if (value.empty()) continue;
    std::transform(value.begin(), value.end(), value.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return value.find("utf-8") != std::string::npos || value.find("utf8") != std::string::npos;
  }
  return false;
}

int width_of(int fd) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const int columns = std::atoi(std::string(variable("COLUMNS")).c_str());
  return columns > 0 ? columns : 80;
}

}  // namespace

Terminal terminal_of(int fd) {
  Terminal out;
  const bool dumb = variable("TERM") == "dumb";
  const bool tty = ::isatty(fd) == 1;
  out.interactive = tty && !dumb;
  out.utf8 = speaks_utf8();
  out.color = out.interactive && variable("NO_COLOR").empty();
  out.width = std::max(20, width_of(fd));
  return out;
}

}  // namespace lehr
