// problem.h: a problem as one line of `key=value` words, e.g. `n=2 h=5 w=5 c=3 f=4 k=3 pad=1`. Tests and benchmarks read the same lines.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lehr {

class Problem {
 public:
  /// Throws Error{usage} for a word that is not `key=value`.
  explicit Problem(std::string_view line);
  bool has(std::string_view key) const;
  std::int64_t number(std::string_view key, std::int64_t otherwise) const;  ///< throws Error{usage} where the value is no whole number
  std::string_view word(std::string_view key, std::string_view otherwise) const;
  const std::string& text() const { return text_; }

 private:
  const std::string* find(std::string_view key) const;
  std::string text_;
  std::vector<std::pair<std::string, std::string>> words_;
};

/// Every line of a file, without empty ones and those that start with `#`. Throws Error{data} where the file cannot be read.
std::vector<Problem> read_problems(const std::string& path);

}  // namespace lehr
