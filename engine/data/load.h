// load.h: from a data spec to arrays in memory. Named sets are looked for in data_dir, $LEHR_DATA, ~/.keras/datasets, ~/.lehr/datasets.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/data/data_spec.h"
#include "engine/data/dataset.h"
#include "engine/data/exclusion.h"
#include "engine/data/image.h"
#include "engine/data/resize.h"

namespace lehr {

struct LoadOptions {
  std::string data_dir = {};
  std::optional<ImageSize> image_size = std::nullopt;  ///< unset: native where all images agree, else an error that asks for it
  Resize resize = Resize::nearest;
  std::optional<ColorMode> color = std::nullopt;  ///< unset: rgb for image files, as stored for arrays
  std::size_t memory = 0;                         ///< bytes; parts that do not fit, Train first, are streamed; 0: no limit
  std::function<void(std::int64_t done, std::int64_t total)> progress = nullptr;  ///< called from one thread at a time
  std::shared_ptr<Exclusion> exclude = nullptr;  ///< samples that are left out; files among them are not even opened
  int threads = 0;                               ///< 0: OpenMP's default
};

/// Throws Error{data} naming the file (and where in it), Error{usage} for options that cannot hold.
DataSplits load_data(const DataSpec& spec, const LoadOptions& options = {});

/// What a trained model is asked about: an .npy, a table, an image, or all images of a folder in natural order. No labels.
Dataset load_inputs(const std::string& path, const LoadOptions& options = {});

}  // namespace lehr
