// image_folder.h: folders of images, in the lecture's layout and in the one with a folder for each class.
//   ROOT/{Train,Validation,Test}/image_0.jpg ... in natural order + {train,val,test}_labels.csv (an id a line) + name_list.csv (id,name)
//   ROOT/{train,val,test}/CLASS/*.jpg            ROOT/CLASS/*.jpg
#pragma once

#include <cstdint>
#include <string>

#include "engine/data/dataset.h"
#include "engine/data/load.h"

namespace lehr {

DataSplits load_folder(const std::string& root, const LoadOptions& options);
/// The same layouts inside a zip; a single top folder is stepped into.
DataSplits load_zip(const std::string& file, const LoadOptions& options);

/// One image file, or all images of a folder in natural order, without labels: what `predict` takes.
Dataset load_images(const std::string& path, const LoadOptions& options);

enum class ImageFormat : std::uint8_t { jpeg, png };

/// Writes images in the lecture's layout. The folder must not exist or be empty. Throws Error{data} for a full disk or an unwritable
/// folder.
void write_folder(const DataSplits& data, const std::string& root, ImageFormat format = ImageFormat::png);

}  // namespace lehr
