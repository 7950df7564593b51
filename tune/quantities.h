// quantities.h: times and sizes as people write them.
#pragma once

#include <string>

namespace lehr {

/// `90`, `90s`, `10min`, `2h`, `1d` in seconds. Error{usage} about `where`.
double seconds_from_text(const std::string& text, const std::string& where);
/// `500MB`, `5GB` in bytes.
double bytes_from_text(const std::string& text, const std::string& where);

}  // namespace lehr
