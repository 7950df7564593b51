#include <cctype>
#include <limits>
#include <numbers>

#include "engine/number_text.h"
#include "engine/spec/formula.h"
#include "engine/spec/formula_op.h"
#include "engine/spec/names.h"
#include "engine/spec/value.h"

namespace lehr {

namespace {

using Op = FormulaOp;

struct Named {
  std::string_view name;
  Op op;
  int fewest = 0, most = 0;  ///< arguments; none: a variable
};
constexpr int any = 64;
constexpr Named variables[] = {{"epoch", Op::epoch}, {"step", Op::step}, {"lr", Op::lr}, {"initial", Op::initial}, {"epochs", Op::epochs}};
constexpr Named functions[] = {{"exp", Op::exp, 1, 1},   {"log", Op::log, 1, 1},       {"log10", Op::log10, 1, 1},
                               {"sqrt", Op::sqrt, 1, 1}, {"sin", Op::sin, 1, 1},       {"cos", Op::cos, 1, 1},
                               {"tan", Op::tan, 1, 1},   {"tanh", Op::tanh, 1, 1},     {"floor", Op::floor, 1, 1},
                               {"ceil", Op::ceil, 1, 1}, {"round", Op::round, 1, 1},   {"abs", Op::abs, 1, 1},
                               {"pow", Op::power, 2, 2}, {"min", Op::minimum, 1, any}, {"max", Op::maximum, 1, any}};
struct Constant {
  std::string_view name;
  double value;
};
constexpr Constant constants[] = {{"pi", std::numbers::pi}, {"e", std::numbers::e}, {"inf", std::numeric_limits<double>::infinity()}};

/// Precedence climbing; every method returns the index of the node it made.
class Compiler {
 public:
  Compiler(std::string_view text, std::string_view what, std::vector<Formula::Node>& nodes)
      : source_(std::make_shared<const SpecText>(SpecText{std::string(what), std::string(text)})), text_(source_->text), nodes_(nodes) {}

  void all() {
    constexpr std::size_t longest = 4096;
    if (text_.size() > longest)
      throw Error(
          {.category = Category::usage, .where = source_->what, .what = "the formula is too long", .expected = "at most 4096 characters"});
    conditional();
    blanks();
    if (at_ < text_.size()) throw error("this does not fit", "an operator or the end");
  }

 private:
  using Index = std::uint32_t;

  // a if condition else b
  Index conditional() {
    const Level level(*this);
    const Index first = disjunction();
    if (!takes_word("if")) return first;
    const Index condition = disjunction();
    if (!takes_word("else")) throw error("the 'if' has no 'else'", "else");
    const Index second = conditional();
    return node(Op::choose, {first, condition, second});
  }
  Index disjunction() {
    Index left = conjunction();
    while (takes_word("or")) left = node(Op::logical_or, {left, conjunction()});
    return left;
  }
  Index conjunction() {
    Index left = negation();
    while (takes_word("and")) left = node(Op::logical_and, {left, negation()});
    return left;
  }
  Index negation() {
    const Level level(*this);
    if (takes_word("not")) return node(Op::logical_not, {negation()});
    return comparison();
  }
  // a < b < c means a < b and b < c
  Index comparison() {
    Index left = sum();
    bool chained = false;
    Index all = left;
    while (true) {
      Op op;
      if (takes("<=")) {
        op = Op::less_equal;
      } else if (takes(">=")) {
        op = Op::greater_equal;
      } else if (takes("==")) {
        op = Op::equal;
      } else if (takes("!=")) {
        op = Op::not_equal;
      } else if (takes("<")) {
        op = Op::less;
      } else if (takes(">")) {
        op = Op::greater;
      } else {
        return all;
      }
      const Index right = sum();
      const Index one = node(op, {left, right});
      all = chained ? node(Op::logical_and, {all, one}) : one;
      chained = true;
      left = right;
    }
  }
  Index sum() {
    Index left = product();
    while (true) {
      if (takes("+")) {
        left = node(Op::add, {left, product()});
      } else if (takes("-")) {
        left = node(Op::subtract, {left, product()});
      } else {
        return left;
      }
    }
  }
  Index product() {
    Index left = signed_value();
    while (true) {
      if (next_is("**")) return left;
      if (takes("*")) {
        left = node(Op::multiply, {left, signed_value()});
      } else if (takes("//")) {
        left = node(Op::floor_divide, {left, signed_value()});
      } else if (takes("/")) {
        left = node(Op::divide, {left, signed_value()});
      } else if (takes("%")) {
        left = node(Op::modulo, {left, signed_value()});
      } else {
        return left;
      }
    }
  }
  // -2 ** 2 is -(2 ** 2); 2 ** -1 is 2 ** (-1); ** binds to the right
  Index signed_value() {
    const Level level(*this);
    if (takes("-")) return node(Op::negative, {signed_value()});
    if (takes("+")) return signed_value();
    const Index base = primary();
    if (takes("**")) return node(Op::power, {base, signed_value()});
    return base;
  }
  Index primary() {
    blanks();
    const std::size_t start = at_;
    if (takes("(")) {
      const Index inner = conditional();
      if (!takes(")")) throw error("the '(' (column " + std::to_string(start + 1) + ") is not closed", "an operator or ')'");
      return inner;
    }
    if (at_ < text_.size() && (std::isdigit(static_cast<unsigned char>(text_[at_])) || text_[at_] == '.')) return number();
    if (at_ < text_.size() && std::isalpha(static_cast<unsigned char>(text_[at_]))) return named();
    throw error(at_ < text_.size() ? "this does not fit" : "the formula breaks off", "a number, a variable, a function or '('");
  }

  Index number() {
    const std::size_t start = at_;
    const auto digits = [&] {
      while (at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_]))) ++at_;
    };
    digits();
    if (at_ < text_.size() && text_[at_] == '.') ++at_;
    digits();
    if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
      ++at_;
      if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
      digits();
    }
    const auto value = parse_number(text_.substr(start, at_ - start));
    if (!value) {
      at_ = start;
      throw error("this is no number", "a number such as 0.5 or 1e-3");
    }
    return node(Op::constant, {}, *value);
  }

  Index named() {
    const std::size_t start = at_;
    std::string_view name = word();
    if ((name == "math" || name == "np" || name == "numpy") && takes(".")) name = word();  // as copied from Python
    const bool called = takes("(");
    if (called) {
      for (const auto& f : functions)
        if (f.name == name) return function(f, start);
    } else {
      for (const auto& v : variables)
        if (v.name == name) return node(v.op, {});
      for (const auto& c : constants)
        if (c.name == name) return node(Op::constant, {}, c.value);
    }
    std::vector<std::string> known;
    if (called) {
      for (const auto& f : functions) known.emplace_back(f.name);
    } else {
      for (const auto& v : variables) known.emplace_back(v.name);
      for (const auto& c : constants) known.emplace_back(c.name);
    }
    const std::string unknown(name);
    at_ = start;
    throw error(std::string(called ? "unknown function '" : "unknown variable '") + unknown + "'", one_of(known),
                did_you_mean(nearest(unknown, known)));
  }

  Index function(const Named& f, std::size_t start) {
    std::vector<Index> arguments;
    do {
      arguments.push_back(conditional());
    } while (takes(","));
    if (!takes(")")) throw error("the '(' of " + std::string(f.name) + " is not closed", "',' or ')'");
    const int count = static_cast<int>(arguments.size());
    if (count < f.fewest || count > f.most) {
      at_ = start;
      throw error(std::string(f.name) + " does not take " + std::to_string(count) + " values", std::to_string(f.fewest));
    }
    return node(f.op, std::move(arguments));
  }

  std::string_view word() {
    const std::size_t start = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_')) ++at_;
    return text_.substr(start, at_ - start);
  }
  void blanks() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  bool next_is(std::string_view symbol) {
    blanks();
    return text_.substr(at_).starts_with(symbol);
  }
  bool takes(std::string_view symbol) {
    if (!next_is(symbol)) return false;
    at_ += symbol.size();
    return true;
  }
  bool takes_word(std::string_view expected) {
    blanks();
    const std::size_t start = at_;
    if (word() == expected) return true;
    at_ = start;
    return false;
  }

  Index node(Op op, std::vector<Index> children, double constant = 0) {
    nodes_.push_back({.operation = static_cast<std::uint8_t>(op), .constant = constant, .children = std::move(children)});
    return static_cast<Index>(nodes_.size() - 1);
  }

  Error error(std::string what, std::string expected, std::string hint = {}) const {
    if (text_.empty()) return Error({.category = Category::usage, .where = source_->what, .what = "the formula is empty"});
    const SpecValue place{.source = source_, .offset = at_};
    return spec_error(place, {.what = std::move(what), .expected = std::move(expected), .hint = std::move(hint)});
  }

  struct Level {
    explicit Level(Compiler& compiler) : compiler_(compiler) {
      if (++compiler.depth_ > 200) throw compiler.error("the formula is nested too deep", "fewer brackets and signs");
    }
    ~Level() { --compiler_.depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    Compiler& compiler_;
  };

  std::shared_ptr<const SpecText> source_;
  std::string_view text_;
  std::vector<Formula::Node>& nodes_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

Formula::Formula(std::string_view text, std::string_view what) : text_(text) { Compiler(text, what, nodes_).all(); }

}  // namespace lehr
