// json_text.h: JSON values as text.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lehr {

std::string json_string(std::string_view text);  ///< quoted and escaped; bytes that are no UTF-8 become U+FFFD
std::string json_number(double value);           ///< shortest that reads back; NaN and infinities are null
std::string json_list(const std::vector<std::string>& items);
/// Values are JSON text already; order is kept.
std::string json_object(const std::vector<std::pair<std::string, std::string>>& members);

}  // namespace lehr
