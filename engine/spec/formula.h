// formula.h: a learning rate as a formula of the epoch: 'initial * 0.5 ** floor(epoch / 15)'.
//
//   variables  epoch step lr initial epochs          constants  pi e inf
//   functions  exp log log10 sqrt sin cos tan tanh floor ceil round abs pow(x, y) min(x, ...) max(x, ...)
//   operators  + - * / // % ** < <= > >= == != and or not, and `a if condition else b`: meaning and precedence are Python's
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lehr {

struct FormulaValues {
  double epoch = 0, step = 0, lr = 0, initial = 0, epochs = 0;
};

class Formula {
 public:
  /// Throws Error{usage} with a caret; `what` is the flag it came from.
  explicit Formula(std::string_view text, std::string_view what = "formula");

  double operator()(const FormulaValues& values) const;
  bool uses_step() const;  ///< must be evaluated every step, not every epoch
  bool uses_rate() const;  ///< reads lr, the rate before
  const std::string& text() const { return text_; }
  friend bool operator==(const Formula& a, const Formula& b) { return a.text_ == b.text_; }

  /// A node of the compiled tree, children before parents.
  struct Node {
    std::uint8_t operation = 0;
    double constant = 0;
    std::vector<std::uint32_t> children = {};
  };

 private:
  std::string text_;
  std::vector<Node> nodes_;
};

}  // namespace lehr
