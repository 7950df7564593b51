// problem.h: a problem as one line of `key=value` words, e.g. `n=2 h=5 w=5 c=3 f=4 k=3 pad=1`. Tests and benchmarks read the same lines.
#pragma once

#include <cstdint>
#include <span>
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
  double real(std::string_view key, double otherwise) const;                ///< throws Error{usage} where the value is no number
  std::string_view word(std::string_view key, std::string_view otherwise) const;
  const std::string& text() const { return text_; }
  Problem with(std::string_view words) const;  ///< this one and more words
  /// Throws Error{usage} for a key that is not in `known` (names with a blank between).
  void allow_only(std::string_view known) const;

 private:
  const std::string* find(std::string_view key) const;
  std::string text_;
  std::vector<std::pair<std::string, std::string>> words_;
};

/// Every line of a list, without empty ones and those that start with `#`.
std::vector<Problem> parse_problems(std::string_view text);

/// A file tests/problems/FAMILY/NAME.txt, carried by the program. `small` and `tails` are there for correctness, all others for speed too.
struct ProblemList {
  std::string_view family, name, text;
  bool timed() const { return name != "small" && name != "tails"; }
};
std::span<const ProblemList> problem_lists();

}  // namespace lehr
