#include "engine/spec/parse.h"

#include <cctype>
#include <set>

#include "engine/spec/names.h"
#include "engine/spec/plain.h"

namespace lehr {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool begins_name(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_'; }
bool in_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

constexpr std::string_view end_of_text = "the end";

class Parser {
 public:
  Parser(std::string_view text, std::string_view what)
      : source_(std::make_shared<const SpecText>(SpecText{std::string(what), std::string(text)})), text_(source_->text) {}

  SpecValue all() {
    if (text_.size() > spec_max_length) {
      throw Error({.category = Category::usage,
                   .where = source_->what,
                   .what = "the spec is too long",
                   .expected = "at most " + std::to_string(spec_max_length) + " characters",
                   .got = std::to_string(text_.size())});
    }
    for (std::size_t i = 0; i < text_.size(); ++i) {
      const auto c = static_cast<unsigned char>(text_[i]);
      if ((c < 0x20 && !is_space(text_[i])) || c == 0x7F) throw error(i, "there is a control character", "printable text", "");
    }
    SpecValue value = pipeline("'|' or the end");
    if (at_ < text_.size()) throw unexpected("'|' or the end");
    return value;
  }

 private:
  // value { '|' value }; `follow` is what errors say may stand after a value here
  SpecValue pipeline(const std::string& follow) {
    SpecValue first = value(follow);
    blanks();
    if (!next_is('|')) return first;
    SpecValue line{.kind = SpecKind::pipeline, .source = source_, .offset = first.offset};
    line.items.push_back(std::move(first));
    while (next_is('|')) {
      ++at_;
      line.items.push_back(value(follow));
      blanks();
    }
    line.length = line.items.back().offset + line.items.back().length - line.offset;
    return line;
  }

  SpecValue value(const std::string& follow) {
    blanks();
    if (at_ == text_.size() || std::string_view(",)]|=").find(text_[at_]) != std::string_view::npos) throw unexpected("a value");
    SpecValue result;
    if (text_[at_] == '\'' || text_[at_] == '"') {
      result = quoted();
    } else if (text_[at_] == '[') {
      result = list();
    } else {
      result = unquoted();
    }
    blanks();
    if (at_ < text_.size() && std::string_view(",)]|").find(text_[at_]) == std::string_view::npos) throw unexpected(follow);
    return result;
  }

  SpecValue quoted() {
    const std::size_t start = at_;
    const char quote = text_[at_++];
    SpecValue result{.kind = SpecKind::string};
    while (true) {
      if (at_ == text_.size())
        throw error(start, "the quoted text does not end", std::string("a closing ") + quote, std::string(end_of_text));
      char c = text_[at_++];
      if (c == quote) break;
      if (c == '\\' && at_ < text_.size()) {
        const char escaped = text_[at_];
        if (escaped == '\\' || escaped == '\'' || escaped == '"') {
          c = escaped;
          ++at_;
        } else if (escaped == 'n' || escaped == 't') {
          c = escaped == 'n' ? '\n' : '\t';
          ++at_;
        }
      }
      result.text += c;
    }
    return placed(std::move(result), start);
  }

  SpecValue list() {
    const std::size_t start = at_++;
    const Level level(*this, start);
    SpecValue result{.kind = SpecKind::list};
    blanks();
    if (next_is(']')) {
      ++at_;
      return placed(std::move(result), start);
    }
    while (true) {
      result.items.push_back(pipeline("',', '|' or ']'"));
      if (next_is(']')) break;
      if (!next_is(',')) throw unclosed(start, "the list", "',', '|' or ']'");
      ++at_;
    }
    ++at_;
    return placed(std::move(result), start);
  }

  SpecValue unquoted() {
    const std::size_t start = at_;
    while (at_ < text_.size() && begins_name(text_[start]) && in_name(text_[at_])) ++at_;
    const std::string_view name = text_.substr(start, at_ - start);
    if (!name.empty() && next_is(':')) {
      if (SpecValue found; searched(start, name, found)) return found;
    } else if (!name.empty() && next_is('(')) {
      SpecValue call = arguments(start, name);
      const std::size_t end = at_;
      blanks();
      if (at_ == text_.size() || !continues_plain_text(text_[at_])) {
        at_ = end;
        return call;
      }
      // `photos(2019)/train`, `exp(-0.1 * epoch) * initial`: no call, but text that has brackets in it
    }
    return plain(start);
  }

  static bool continues_plain_text(char c) {
    return static_cast<unsigned char>(c) >= 0x80 || std::string_view(".-+*/%<>!~^&@#$").find(c) != std::string_view::npos;
  }

  /// name:int(…), name:float(…), name:choice(…), name:boolean. False where the text after the name is no space of values.
  bool searched(std::size_t start, std::string_view name, SpecValue& found) {
    const std::size_t colon = at_++;
    blanks();
    const std::size_t type_start = at_;
    while (at_ < text_.size() && begins_name(text_[type_start]) && in_name(text_[at_])) ++at_;
    const std::string_view type = text_.substr(type_start, at_ - type_start);
    const std::string key = name_key(type);
    const bool boolean = key == "boolean" || key == "bool";
    if (!boolean && key != "int" && key != "float" && key != "choice") {
      if (!type.empty() && next_is('('))
        throw error(type_start, "'" + std::string(name) + "' has an unknown space of values", "int(, float(, choice( or boolean",
                    std::string(type));
      at_ = colon;
      return false;
    }
    if (!boolean && !next_is('(')) throw error(at_, "the space of '" + std::string(name) + "' has no values", "'('", next_text());
    SpecValue space = next_is('(') ? arguments(type_start, type) : placed(SpecValue::word(type), type_start);
    space.text = boolean ? "boolean" : key;
    if (space.items.empty() && space.keywords.empty()) {
      if (!boolean) throw error(type_start, "the space of '" + std::string(name) + "' is empty", key + "(...) with values", key + "()");
      space.kind = SpecKind::word;
    }
    found = {.kind = SpecKind::searched, .text = std::string(name)};
    found.items.push_back(std::move(space));
    found = placed(std::move(found), start);
    return true;
  }

  /// At '(': positional values, then key=value.
  SpecValue arguments(std::size_t start, std::string_view name) {
    const std::size_t open = at_++;
    const Level level(*this, open);
    const std::string follow = "',', '|' or ')'";
    SpecValue call = SpecValue::call(name);
    std::set<std::string> keys;
    blanks();
    while (!next_is(')')) {
      blanks();
      const std::size_t place = at_;
      if (const std::string_view key = keyword_name(); !key.empty()) {
        if (!keys.insert(name_key(key)).second)
          throw error(place, "'" + std::string(key) + "' is given twice to " + std::string(name), "each key once", "");
        call.keywords.push_back({.name = std::string(key), .value = pipeline(follow), .offset = place});
      } else {
        if (at_ < text_.size() && next_is(')')) throw unexpected("a value");
        call.items.push_back(pipeline(follow));
        if (!call.keywords.empty()) throw error(place, "a positional value stands after key=value", "key=value", call.items.back().print());
      }
      if (next_is(')')) break;
      if (!next_is(',')) throw unclosed(open, "the '(' of " + std::string(name), follow);
      ++at_;
      blanks();
      if (next_is(')')) throw unexpected("a value");
    }
    ++at_;
    return placed(std::move(call), start);
  }

  /// Takes `key =`; empty, with nothing taken, where no key stands here.
  std::string_view keyword_name() {
    const std::size_t start = at_;
    if (at_ == text_.size() || !begins_name(text_[at_])) return {};
    while (at_ < text_.size() && in_name(text_[at_])) ++at_;
    const std::string_view name = text_.substr(start, at_ - start);
    blanks();
    if (next_is('=') && !(at_ + 1 < text_.size() && text_[at_ + 1] == '=')) {
      ++at_;
      return name;
    }
    at_ = start;
    return {};
  }

  /// From at_ (what lies between start and at_ is taken as it is) to the next , ) ] | at this level.
  SpecValue plain(std::size_t start) {
    std::string closers;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (closers.empty() && (c == ',' || c == ')' || c == ']' || c == '|')) break;
      if (c == '(' || c == '[') {
        if (closers.size() >= static_cast<std::size_t>(spec_max_depth)) throw too_deep(at_);
        closers += c == '(' ? ')' : ']';
      } else if (c == ')' || c == ']') {
        if (closers.back() != c) throw unexpected(std::string("'") + closers.back() + "'");
        closers.pop_back();
      }
      ++at_;
    }
    if (!closers.empty()) throw unexpected(std::string("'") + closers.back() + "'");
    std::size_t end = at_;
    while (end > start && is_space(text_[end - 1])) --end;
    at_ = end;
    SpecValue result = placed(plain_value(text_.substr(start, end - start)), start);
    for (auto& item : result.items) item = placed(std::move(item), start);
    return result;
  }

  SpecValue placed(SpecValue value, std::size_t start) const {
    value.source = source_;
    value.offset = start;
    value.length = at_ - start;
    return value;
  }

  void blanks() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  bool next_is(char c) const { return at_ < text_.size() && text_[at_] == c; }
  std::string next_text() const {
    if (at_ >= text_.size()) return std::string(end_of_text);
    std::size_t end = at_ + 1;
    while (end < text_.size() && in_name(text_[at_]) && in_name(text_[end])) ++end;
    while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xC0) == 0x80) ++end;
    return "'" + std::string(text_.substr(at_, end - at_)) + "'";
  }

  Error error(std::size_t offset, std::string what, std::string expected, std::string got) const {
    const SpecValue place{.source = source_, .offset = offset};
    if (text_.empty())
      return Error({.category = Category::usage, .where = source_->what, .what = "the spec is empty", .expected = std::move(expected)});
    return spec_error(place, {.what = std::move(what), .expected = std::move(expected), .got = std::move(got)});
  }
  Error unexpected(std::string expected) const {
    return error(at_, at_ < text_.size() ? "this does not fit" : "the spec breaks off", std::move(expected), next_text());
  }
  Error unclosed(std::size_t open, const std::string& what, const std::string& expected) const {
    return error(at_, what + " (column " + std::to_string(open + 1) + ") is not closed", expected, next_text());
  }
  Error too_deep(std::size_t offset) const {
    return error(offset, "the spec is nested too deep", "at most " + std::to_string(spec_max_depth) + " brackets in each other", "");
  }

  struct Level {
    Level(Parser& parser, std::size_t offset) : parser_(parser) {
      if (++parser.depth_ > spec_max_depth) throw parser.too_deep(offset);
    }
    ~Level() { --parser_.depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    Parser& parser_;
  };

  std::shared_ptr<const SpecText> source_;
  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

SpecValue parse_spec(std::string_view text, std::string_view what) { return Parser(text, what).all(); }

}  // namespace lehr
