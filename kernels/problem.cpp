#include "kernels/problem.h"

#include <charconv>
#include <fstream>
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

std::int64_t Problem::number(std::string_view key, std::int64_t otherwise) const {
  const std::string* text = find(key);
  if (text == nullptr) return otherwise;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{} || end != text->data() + text->size())
    throw Error({.category = Category::usage, .where = text_, .what = std::string(key), .expected = "a whole number", .got = *text});
  return value;
}

std::string_view Problem::word(std::string_view key, std::string_view otherwise) const {
  const std::string* text = find(key);
  return text == nullptr ? otherwise : std::string_view(*text);
}

std::vector<Problem> read_problems(const std::string& path) {
  std::ifstream in(path);
  if (!in) throw Error({.category = Category::data, .where = path, .what = "cannot be opened"});
  std::vector<Problem> problems;
  for (std::string line; std::getline(in, line);)
    if (!line.empty() && line.front() != '#') problems.emplace_back(line);
  return problems;
}

}  // namespace lehr
