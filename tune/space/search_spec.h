// search_spec.h: searched values in spec strings: which space they span, and the string once they are chosen.
//
//   repeat(n:int(1, 3), dense(units:choice(32, 64)) | dropout(0.2)) | dense(10, softmax)
//     -> n, units_0, units_1 (where n is 2 or 3), units_2 (where n is 3)
//     with n=2, units_0=64, units_1=32: dense(64) | dropout(0.2) | dense(32) | dropout(0.2) | dense(10, softmax)
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tune/space/space.h"

namespace lehr {

/// Adds what `tree` searches. Throws Error{usage} with the place in the text for a space that cannot be.
/// `structural`: weights trained with other values do not fit.
void add_searched(Space& space, const SpecValue& tree, bool structural = false);

/// Every searched value replaced by its choice, every repetition that holds any or that is counted by one written out.
SpecValue with_values(const SpecValue& tree, const Space& space, const Values& values);

/// The text as it is where it searches nothing (or is no spec at all: a path, a formula).
std::string text_with_values(const std::string& text, std::string_view what, const Space& space, const Values& values);
bool searches(const std::string& text, std::string_view what);

/// One flag of a command with all values it was given.
struct Setting {
  std::string flag = {};
  std::vector<std::string> values = {};
  friend bool operator==(const Setting&, const Setting&) = default;
};
Space space_of(const std::vector<Setting>& settings);
std::vector<Setting> settings_with_values(const std::vector<Setting>& settings, const Space& space, const Values& values);

}  // namespace lehr
