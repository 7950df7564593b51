#include "kernels/error.h"

namespace lehr {

std::string Error::text(const ErrorInfo& info) {
  std::string out = info.where.empty() ? info.what : info.where + ": " + info.what;
  if (!info.expected.empty()) out += "; expected " + info.expected;
  if (!info.got.empty()) out += (info.expected.empty() ? "; got " : ", got ") + info.got;
  if (!out.empty() && out.back() != '.' && out.back() != '\n') out += '.';
  if (!info.hint.empty()) out += (info.hint[0] == '\n' ? "" : " ") + info.hint;
  return out;
}

}  // namespace lehr
