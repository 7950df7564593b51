// parse.h: the one grammar of everything that has parameters.
//
//   pipeline = value { '|' value }
//   value    = name '(' [ argument { ',' argument } ] ')' | '[' [ pipeline { ',' pipeline } ] ']' | quoted | searched | plain
//   argument = [ key '=' ] pipeline                    positional values first
//   searched = name ':' ( ('int' | 'float' | 'choice') '(' ... ')' | 'boolean' )
//   quoted   = '...' or "..."                          \' \" \\ \n \t inside
//   plain    = runs to the next , ) ] | at its level: a number (1e-3, 1/255, 3%), 3x3, true|false|none in any case, else a word or path
#pragma once

#include <string_view>

#include "engine/spec/value.h"

namespace lehr {

/// `what` is the flag or file the text came from, as errors name it. Throws Error{usage}. Never recurses deeper than 64 brackets.
SpecValue parse_spec(std::string_view text, std::string_view what = "spec");

inline constexpr std::size_t spec_max_length = 64 * 1024;
inline constexpr int spec_max_depth = 64;

}  // namespace lehr
