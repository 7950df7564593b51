// source.h: pretrained weights that have a name, and where they are looked for: nothing is downloaded unasked.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lehr {

struct PretrainedWeights {
  std::string_view network;  ///< "vgg16"
  bool include_top = false;
  std::string_view file, url, md5;
  std::uint64_t bytes = 0;
  std::uint64_t parameters = 0;
};
std::span<const PretrainedWeights> pretrained_weights();

/// Folders in the order in which they are searched: the given one, $LEHR_DATA, ~/.keras/models, ~/.lehr/models.
std::vector<std::string> weight_folders(const std::string& given = {});

/// The file that a source names: "imagenet" for a network of the list, else a path. Error{data} says where it was looked for and what to do.
std::string find_weights(const std::string& source, const std::string& network, const std::string& given_folder = {},
                         bool include_top = false);

}  // namespace lehr
