// fetch.h: pretrained weights from their official place, checked, into a folder where they are found.
#pragma once

#include <string>
#include <vector>

#include "engine/data/download.h"

namespace lehr {

struct WeightFetch {
  std::string name = {};  ///< "vgg16"
  bool include_top = false;
  std::string folder = {};  ///< empty: ~/.keras/models, which Keras reads as well
  std::string mirror = {};  ///< a folder's address with the same files
  DownloadHooks hooks = {};
};

struct FetchedWeights {
  std::string file = {};
  std::string class_names = {};  ///< with the top: names of ImageNet's classes; empty where they could not be had
  bool already_there = false;
};

/// Error{usage} for an unknown name, Error{data} as download() does.
FetchedWeights fetch_weights(const WeightFetch& what);

/// Names of ImageNet's 1,000 classes: from the file that Keras keeps (imagenet_class_index.json) where weights are looked for, else our own copy.
std::vector<std::string> imagenet_classes(const std::string& given_folder = {});

}  // namespace lehr
