// natural_sort.h: image_2 before image_10. Digits compare as numbers, all else by bytes, as natsort does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lehr {

bool natural_less(std::string_view a, std::string_view b);
void natural_sort(std::vector<std::string>& names);

}  // namespace lehr
