// error.h: the one exception of the project. It names what was expected, what came, where, and what to do.
#pragma once

#include <stdexcept>
#include <string>

namespace lehr {

/// The command's exit codes (the enumerators' values are part of the command's contract).
enum class Category { failed = 1, usage = 2, data = 3, device = 4, interrupted = 130 };

/// Fields may be empty; text() joins those that are not: `where: what; expected X, got Y. hint`.
struct ErrorInfo {
  Category category = Category::failed;
  std::string where = {};  ///< file and offset, layer, tensor, flag
  std::string what = {};   ///< one clause
  std::string expected = {};
  std::string got = {};
  std::string hint = {};  ///< what to do; a whole sentence
};

class Error : public std::runtime_error {
 public:
  explicit Error(ErrorInfo info) : std::runtime_error(text(info)), info_(std::move(info)) {}
  const ErrorInfo& info() const { return info_; }
  static std::string text(const ErrorInfo& info);

 private:
  ErrorInfo info_;
};

}  // namespace lehr
