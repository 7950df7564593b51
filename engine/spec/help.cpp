#include "engine/spec/help.h"

#include <algorithm>

#include "engine/spec/names.h"
#include "engine/utf8.h"

namespace lehr {

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent) {
  std::string out;
  std::size_t column = 0;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t begin = text.find_first_not_of(" \n", i);
    if (begin == std::string_view::npos) break;
    const std::size_t end = std::min(text.find_first_of(" \n", begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    const std::size_t length = utf8_columns(word);
    if (column > 0 && column + 1 + length > width) {
      out.append(1, '\n').append(indent, ' ');
      column = indent;
    } else if (column > 0) {
      out += ' ';
      ++column;
    }
    out += word;
    column += length;
    i = end;
  }
  return out;
}

namespace {

std::string padded(std::string_view text, std::size_t columns) {
  const std::size_t length = utf8_columns(text);
  return std::string(text) + std::string(columns > length ? columns - length : 0, ' ');
}

std::string signature(const SpecDoc& doc) {
  if (doc.fields.empty()) return doc.name;
  std::string text = doc.name + "(";
  for (std::size_t i = 0; i < doc.fields.size(); ++i) {
    const auto& field = doc.fields[i];
    text += (i > 0 ? ", " : "") + field.name + (field.required ? "" : "=" + field.default_text);
  }
  return text + ")";
}

/// A line that begins with `head` and goes on under its end.
std::string hanging(const std::string& head, std::string_view text) {
  const std::size_t indent = utf8_columns(head);
  std::string marked(indent, 'x');  // holds the place of the head, which has blanks that wrapping would take
  const std::string body = wrapped(marked + std::string(text), 100, indent);
  return head + body.substr(indent);
}

/// Formulas keep their lines; a long one is wrapped.
std::string formula_lines(std::string_view formula) {
  std::string out;
  for (std::size_t start = 0; start < formula.size();) {
    const std::size_t end = std::min(formula.find('\n', start), formula.size());
    out += hanging("  ", formula.substr(start, end - start)) + "\n";
    start = end + 1;
  }
  return out;
}

std::size_t widest(std::span<const std::string> names) {
  std::size_t width = 0;
  for (const auto& name : names) width = std::max(width, utf8_columns(name));
  return width;
}

}  // namespace

std::string help_text(const SpecDoc& doc) {
  std::string out = wrapped(signature(doc), 100, doc.name.size() + 1) + "\n";
  std::vector<std::string> also = doc.aliases;
  if (!doc.class_name.empty()) also.insert(also.begin(), doc.class_name);
  if (!also.empty()) out += hanging("  also ", joined(also)) + "\n";
  if (!doc.summary.empty()) out += "\n" + wrapped(doc.summary) + "\n";
  if (!doc.formula.empty()) out += "\n" + formula_lines(doc.formula);
  if (doc.fields.empty()) return out + "\nIt has no parameters.\n";
  std::vector<std::string> names;
  for (const auto& field : doc.fields) names.push_back(field.name);
  const std::size_t width = std::min<std::size_t>(widest(names), 30);
  out += "\n";
  for (const auto& field : doc.fields) {
    const std::string head = "  " + padded(field.name, width) + "  ";
    out += hanging(head, field.type + (field.required ? "; required" : "; default " + field.default_text)) + "\n";
    if (!field.meaning.empty()) out += hanging(std::string(head.size(), ' '), field.meaning) + "\n";
  }
  return out;
}

JsonValue help_json(const SpecDoc& doc) {
  JsonValue parameters = JsonValue::array();
  for (const auto& field : doc.fields) {
    parameters.push_back(JsonValue::object({{"name", field.name},
                                            {"type", field.type},
                                            {"required", field.required},
                                            {"default", field.required ? JsonValue() : JsonValue(field.default_text)},
                                            {"meaning", field.meaning}}));
  }
  return JsonValue::object({{"name", doc.name},
                            {"class_name", doc.class_name},
                            {"summary", doc.summary},
                            {"formula", doc.formula},
                            {"aliases", doc.aliases},
                            {"parameters", std::move(parameters)}});
}

std::string catalogue_text(std::string_view title, std::span<const SpecDoc> docs) {
  std::vector<std::string> names;
  for (const auto& doc : docs) names.push_back(doc.name);
  const std::size_t width = std::min<std::size_t>(widest(names), 40);
  std::string out = std::string(title) + "\n\n";
  for (const auto& doc : docs) out += hanging("  " + padded(doc.name, width) + "  ", doc.summary) + "\n";
  return out;
}

JsonValue catalogue_json(std::span<const SpecDoc> docs) {
  JsonValue out = JsonValue::array();
  for (const auto& doc : docs) out.push_back(help_json(doc));
  return out;
}

}  // namespace lehr
