// imagenet_classes_data.h: names of ImageNet's classes, for networks that were trained on all of them.
#pragma once

#include <array>
#include <span>
#include <string_view>

namespace lehr {

std::span<const std::string_view> bundled_imagenet_classes();

}  // namespace lehr
