#include "engine/data/natural_sort.h"

#include <algorithm>

namespace lehr {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// One past the run of digits (or of other characters) that starts at `begin`.
std::size_t run_end(std::string_view text, std::size_t begin) {
  const bool digits = is_digit(text[begin]);
  std::size_t end = begin;
  while (end < text.size() && is_digit(text[end]) == digits) ++end;
  return end;
}

std::string_view without_leading_zeros(std::string_view digits) {
  const auto first = digits.find_first_not_of('0');
  return first == std::string_view::npos ? std::string_view{} : digits.substr(first);
}

int compare_numbers(std::string_view a, std::string_view b) {
  a = without_leading_zeros(a);
  b = without_leading_zeros(b);
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  return a.compare(b);
}

/// natsort's key is a tuple (text, number, text, ...), where a leading number is preceded by an empty text.
int compare(std::string_view a, std::string_view b) {
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (is_digit(a[i]) != is_digit(b[j])) return is_digit(a[i]) ? -1 : 1;
    const std::size_t i_end = run_end(a, i), j_end = run_end(b, j);
    const auto left = a.substr(i, i_end - i), right = b.substr(j, j_end - j);
    const int order = is_digit(a[i]) ? compare_numbers(left, right) : left.compare(right);
    if (order != 0) return order;
    i = i_end;
    j = j_end;
  }
  if (i < a.size()) return 1;
  return j < b.size() ? -1 : 0;
}

}  // namespace

bool natural_less(std::string_view a, std::string_view b) {
  const int order = compare(a, b);
  return order != 0 ? order < 0 : a < b;
}

void natural_sort(std::vector<std::string>& names) {
  std::sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) { return natural_less(a, b); });
}

}  // namespace lehr
