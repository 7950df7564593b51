#include "kernels/problem.h"

#include <charconv>
#include <sstream>

#include "kernels/error.h"

namespace lehr {

Problem::Problem(std::string_view line) : text_(line) {
  std::istringstream in{text_};
  for (std::string word; in >> word;) {
    const auto equals = word.find('=');
    if (equals == std::string::npos || equals == 0)
      throw Error({.category = Category::usage, .where = text_, .what = "not a problem", .expected = "key=value", .got = word});
    words_.emplace_back(word.substr(0, equals), word.substr(equals + 1));
  }
}

const std::string* Problem::find(std::string_view key) const {
  for (const auto& [name, value] : words_)
    if (name == key) return &value;
  return nullptr;
}

bool Problem::has(std::string_view key) const { return find(key) != nullptr; }

namespace {

template <class Number>
Number parse(const std::string& where, std::string_view key, const std::string& text, const char* expected) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size())
    throw Error({.category = Category::usage, .where = where, .what = std::string(key), .expected = expected, .got = text});
  return value;
}

}  // namespace

std::int64_t Problem::number(std::string_view key, std::int64_t otherwise) const {
  const std::string* text = find(key);
  return text == nullptr ? otherwise : parse<std::int64_t>(text_, key, *text, "a whole number");
}

double Problem::real(std::string_view key, double otherwise) const {
  const std::string* text = find(key);
  return text == nullptr ? otherwise : parse<double>(text_, key, *text, "a number");
}

std::string_view Problem::word(std::string_view key, std::string_view otherwise) const {
  const std::string* text = find(key);
  return text == nullptr ? otherwise : std::string_view(*text);
}

Problem Problem::with(std::string_view words) const {
  return Problem(text_ + (text_.empty() || words.empty() ? "" : " ") + std::string(words));
}

void Problem::allow_only(std::string_view known) const {
  const std::string names = " " + std::string(known) + " ";
  for (const auto& [key, value] : words_)
    if (names.find(" " + key + " ") == std::string::npos)
      throw Error({.category = Category::usage, .where = text_, .what = "unknown key", .expected = std::string(known), .got = key});
}

std::vector<Problem> parse_problems(std::string_view text) {
  std::istringstream in{std::string(text)};
  std::vector<Problem> problems;
  for (std::string line; std::getline(in, line);)
    if (!line.empty() && line.front() != '#') problems.emplace_back(line);
  return problems;
}

}  // namespace lehr
