#include "engine/config.h"

#include <toml++/toml.h>
#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>

#include "engine/number_text.h"
#include "engine/utf8.h"
#include "kernels/error.h"

namespace lehr {

namespace {

std::string flag_name(std::string_view name) {
  std::string out(name);
  std::replace(out.begin(), out.end(), '_', '-');
  return out;
}

Error config_error(std::string_view what, const toml::source_position& place, std::string complaint, std::string expected = {}) {
  return Error({.category = Category::data,
                .where = std::string(what) + ", line " + std::to_string(place.line) + ", column " + std::to_string(place.column),
                .what = std::move(complaint),
                .expected = std::move(expected)});
}

std::string scalar_text(const toml::node& node, const std::string& name, std::string_view what) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* integer = node.as_integer()) return std::to_string(integer->get());
  if (const auto* number = node.as_floating_point()) return number_text(number->get());
  if (const auto* boolean = node.as_boolean()) return boolean->get() ? "true" : "false";
  throw config_error(what, node.source().begin, "'" + name + "' is no setting",
                     "text, a number, true, false or a list of these: one line a flag, no [sections]");
}

ConfigEntry entry_of(const toml::key& key, const toml::node& node, std::string_view what) {
  ConfigEntry entry{.name = flag_name(key.str()), .values = {}, .line = static_cast<int>(key.source().begin.line)};
  if (const auto* list = node.as_array()) {
    entry.list = true;
    for (const auto& element : *list) entry.values.push_back(scalar_text(element, entry.name, what));
  } else {
    entry.values.push_back(scalar_text(node, entry.name, what));
  }
  return entry;
}

/// Whether TOML's own number or boolean reads back to this very text.
bool stands_bare(const std::string& text) {
  if (text == "true" || text == "false") return true;
  if (const auto integer = parse_integer(text)) return std::to_string(*integer) == text;
  const auto number = parse_number(text);
  return number && number_text(*number) == text;
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : valid_utf8(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7F) {
      constexpr char digits[] = "0123456789ABCDEF";
      out += "\\u00";
      out += digits[byte >> 4];
      out += digits[byte & 15];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string written(const std::string& text) { return stands_bare(text) ? text : in_quotes(text); }

std::string key_text(const std::string& name) {
  const auto bare = [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_'; };
  return !name.empty() && std::all_of(name.begin(), name.end(), bare) ? name : in_quotes(name);
}

std::string list_text(const std::vector<std::string>& values) {
  std::string line = "[";
  for (std::size_t i = 0; i < values.size(); ++i) line += (i > 0 ? ", " : "") + written(values[i]);
  if (line.size() < 100) return line + "]";
  std::string lines = "[\n";
  for (const auto& value : values) lines += "  " + written(value) + ",\n";
  return lines + "]";
}

}  // namespace

Config Config::parse(std::string_view text, std::string_view what) {
  Config config;
  try {
    const toml::table table = toml::parse(text, what);
    for (const auto& [key, node] : table) config.entries_.push_back(entry_of(key, node, what));
  } catch (const toml::parse_error& error) {
    throw config_error(what, error.source().begin, "this is no TOML: " + std::string(error.description()));
  }
  // The library sorts by name; people wrote an order.
  std::stable_sort(config.entries_.begin(), config.entries_.end(), [](const auto& a, const auto& b) { return a.line < b.line; });
  for (std::size_t i = 0; i < config.entries_.size(); ++i) {
    const auto& entry = config.entries_[i];
    for (std::size_t k = 0; k < i; ++k) {
      if (config.entries_[k].name != entry.name) continue;
      throw Error({.category = Category::data,
                   .where = std::string(what) + ", line " + std::to_string(entry.line),
                   .what = "'" + entry.name + "' is set twice, first on line " + std::to_string(config.entries_[k].line)});
    }
  }
  return config;
}

Config Config::read(const std::string& path) {
  constexpr std::size_t largest = 4 * 1024 * 1024;
  std::ifstream file(path, std::ios::binary);
  std::string text(largest + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (!file && file.gcount() == 0 && !file.eof()))
    throw Error({.category = Category::data, .where = path, .what = "the configuration cannot be read", .expected = "a TOML file"});
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > largest)
    throw Error({.category = Category::data, .where = path, .what = "the configuration is too large", .expected = "at most 4 MB"});
  return parse(text, path);
}

const ConfigEntry* Config::find(std::string_view name) const {
  const std::string flag = flag_name(name);
  for (const auto& entry : entries_)
    if (entry.name == flag) return &entry;
  return nullptr;
}

std::optional<std::string> Config::value(std::string_view name) const {
  const ConfigEntry* entry = find(name);
  if (!entry || entry->values.size() != 1) return std::nullopt;
  return entry->values.front();
}

namespace {

void put(std::vector<ConfigEntry>& entries, ConfigEntry entry) {
  for (auto& e : entries) {
    if (e.name != entry.name) continue;
    e = std::move(entry);
    return;
  }
  entries.push_back(std::move(entry));
}

}  // namespace

void Config::set(std::string_view name, std::string value) { put(entries_, {.name = flag_name(name), .values = {std::move(value)}}); }
void Config::set(std::string_view name, std::vector<std::string> values) {
  put(entries_, {.name = flag_name(name), .values = std::move(values), .list = true});
}

std::string Config::text() const {
  std::string out;
  for (const auto& entry : entries_)
    out +=
        key_text(entry.name) + " = " + (entry.list || entry.values.size() != 1 ? list_text(entry.values) : written(entry.values[0])) + "\n";
  return out;
}

}  // namespace lehr
