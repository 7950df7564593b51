#include <unistd.h>

#include <fstream>
#include <sstream>

#include "tune/study/study_storage.h"

namespace lehr {

namespace {

std::string host_name() {
  char name[256] = {};
  gethostname(name, sizeof name - 1);
  return name;
}

/// When the process began, in clock ticks since the machine started: field 22 of /proc/PID/stat. Empty where there is none.
std::string start_of(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  const auto end = text.rfind(')');  // the program's name may hold blanks
  if (end == std::string::npos) return {};
  std::istringstream rest(text.substr(end + 1));
  std::string field, state;
  rest >> state;
  if (state == "Z" || state == "X") return {};
  for (int i = 4; i <= 22 && rest >> field; ++i) {
  }
  return field;
}

}  // namespace

std::string process_name() {
  const std::string pid = std::to_string(getpid());
  return host_name() + ":" + pid + ":" + start_of(pid);
}

bool process_gone(const std::string& name) {
  const auto last = name.rfind(':'), middle = last == std::string::npos ? last : name.rfind(':', last - 1);
  if (middle == std::string::npos || name.substr(0, middle) != host_name()) return false;
  return start_of(name.substr(middle + 1, last - middle - 1)) != name.substr(last + 1);
}

}  // namespace lehr
