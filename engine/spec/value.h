// value.h: what a spec string says, as a tree. `conv2d(32, 3, activation=relu) | flatten` is a pipeline of a call and a word.
// Every node knows where it was written, so that an error can point at it.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/error.h"

namespace lehr {

enum class SpecKind : std::uint8_t { none, boolean, number, word, string, list, call, pipeline, searched };

/// The text that was parsed and where it came from: a flag, or a file and line.
struct SpecText {
  std::string what, text;
  Category category = Category::usage;  ///< of errors about it: data where it came from a file
};

struct SpecKeyword;

struct SpecValue {
  SpecKind kind = SpecKind::none;
  std::string text = {};                 ///< word, string: the text; number, `3x3`: as written; call: its name; searched: the value's name
  double number = 0;                     ///< number; boolean: 0 or 1
  std::vector<SpecValue> items = {};     ///< list, pipeline: elements; call: positional values; searched: one element, the space
  std::list<SpecKeyword> keywords = {};  ///< call; a list, since clang wants a vector's elements whole already here
  std::string class_name = {};           ///< call made from an aggregate: Keras's name
  std::shared_ptr<const SpecText> source = {};  ///< null where the value was made by a program
  std::size_t offset = 0, length = 0;           ///< bytes of source->text

  static SpecValue of(bool value);
  static SpecValue of(double value);
  static SpecValue of(float value);
  static SpecValue of(std::int64_t value);
  static SpecValue of(int value);
  static SpecValue of(std::string_view text);  ///< a word where it reads back as that word, else a quoted string
  static SpecValue of(const char* text);
  static SpecValue of(std::vector<SpecValue> elements);
  static SpecValue word(std::string_view text);
  static SpecValue call(std::string_view name, std::string_view class_name = {});

  bool is(SpecKind k) const { return kind == k; }
  bool named() const { return kind == SpecKind::word || kind == SpecKind::call; }  ///< `flatten` and `dense(10)`
  bool is_integer() const;                                                         ///< a number written without point and exponent
  const SpecValue* keyword(std::string_view name) const;                           ///< null where not given
  SpecValue& set(std::string_view name, SpecValue value);                          ///< of a call; returns *this

  std::string print() const;    ///< canonical text: parses to an equal tree
  std::string written() const;  ///< the text as it was typed; of a quoted string, what stands between the quotes

  /// Same meaning: numbers by value, names of calls and keys without case and underscores; places do not count.
  friend bool operator==(const SpecValue& a, const SpecValue& b);
};

struct SpecKeyword {
  std::string name;
  SpecValue value;
  std::size_t offset = 0;  ///< of the name
};

inline SpecValue SpecValue::of(int value) { return of(static_cast<std::int64_t>(value)); }
inline SpecValue SpecValue::of(const char* text) { return of(std::string_view(text)); }

/// An error that shows the text with a caret under the value.
Error spec_error(const SpecValue& at, ErrorInfo complaint);
/// `... expected a number, got 'relu'`, with the caret; a searched value says that only a search can take it.
Error wrong_type(const SpecValue& value, std::string_view expected);
/// The text's line and a caret under the byte, each indented by two spaces; long texts are cut to 100 columns around it.
std::string caret_picture(std::string_view text, std::size_t offset);

}  // namespace lehr
