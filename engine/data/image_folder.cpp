#include "engine/data/image_folder.h"

#include <cstring>
#include <limits>

#include "engine/data/file_store.h"
#include "engine/data/folder_layout.h"
#include "engine/data/natural_sort.h"
#include "engine/data/parallel_rows.h"
#include "kernels/error.h"

namespace lehr {

namespace {

struct Decoding {
  ImageSize size = {};
  ColorMode color = ColorMode::rgb;
  bool resized = false;  ///< a size was asked for
  Resize method = Resize::nearest;
};

/// Image files read and decoded when a row is asked for.
class ImageRows final : public RowSource {
 public:
  ImageRows(std::shared_ptr<const FileStore> store, std::vector<std::string> files, Decoding decoding)
      : store_(std::move(store)), files_(std::move(files)), decoding_(decoding) {}
  std::int64_t rows() const override { return static_cast<std::int64_t>(files_.size()); }
  Shape sample_shape() const override { return {decoding_.size.height, decoding_.size.width, channels_of(decoding_.color)}; }
  DType dtype() const override { return DType::u8; }
  std::string describe(std::int64_t row) const override { return store_->where(files_[static_cast<std::size_t>(row)]); }
  void read(std::int64_t row, std::span<std::byte> out) const override {
    const std::string& file = files_.at(static_cast<std::size_t>(row));
    const std::string where = store_->where(file);
    Image image = decode_image(store_->read(file), decoding_.color, where);
    if (decoding_.resized) image = resize(image, decoding_.size, decoding_.method);
    if (image.size() != decoding_.size)
      throw Error({.category = Category::data,
                   .where = where,
                   .what = "the images differ in size",
                   .expected = text_of(decoding_.size) + " as in " + store_->where(files_.front()),
                   .got = text_of(image.size()),
                   .hint = "Give --image-size HxW, and all are resized to it."});
    if (out.size() != image.pixels.size()) throw Error({.where = where, .what = "the row buffer has another size"});
    std::memcpy(out.data(), image.pixels.data(), out.size());
  }

 private:
  static std::string text_of(ImageSize size) { return std::to_string(size.height) + "x" + std::to_string(size.width); }
  std::shared_ptr<const FileStore> store_;
  std::vector<std::string> files_;
  Decoding decoding_;
};

Decoding decoding_for(const FileStore& store, const std::string& first, const LoadOptions& options) {
  Decoding decoding{.color = options.color.value_or(ColorMode::rgb), .resized = options.image_size.has_value(), .method = options.resize};
  decoding.size = decoding.resized ? *options.image_size : image_size_of(store.read(first), store.where(first));
  return decoding;
}

std::size_t memory_of(const LoadOptions& options) { return options.memory > 0 ? options.memory : std::numeric_limits<std::size_t>::max(); }

using Progress = std::function<void(std::int64_t)>;

/// Into memory, taking its bytes off `left`; where they are more than that, the rows stay on the disk.
void fill(Dataset& data, std::shared_ptr<const RowSource> rows, const LoadOptions& options, std::size_t& left, const Progress& progress) {
  const auto bytes = static_cast<std::size_t>(rows->rows() * rows->sample_shape().elements());
  if (bytes > left) {
    data.streamed = std::move(rows);
    return;
  }
  left -= bytes;
  data.x = Array(rows->sample_shape().with_batch(rows->rows()), DType::u8);
  const auto row_bytes = static_cast<std::size_t>(data.x.row_elements());
  for_rows(rows->rows(), options.threads, progress,
           [&](std::int64_t row) { rows->read(row, {data.x.data() + static_cast<std::size_t>(row) * row_bytes, row_bytes}); });
}

std::string last_component(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

/// Before anything is opened: a file that is broken may be among them.
void leave_out(FolderLayout& layout, Exclusion& exclude, const std::string& where) {
  for (ImageList& list : layout.parts) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < list.files.size(); ++i) {
      if (exclude.names(list.files[i])) continue;
      std::swap(list.files[kept], list.files[i]);
      if (!list.labels.empty()) list.labels[kept] = list.labels[i];
      ++kept;
    }
    list.files.resize(kept);
    if (!list.labels.empty()) list.labels.resize(kept);
  }
  std::erase_if(layout.parts, [](const ImageList& list) { return list.files.empty(); });
  if (layout.parts.empty()) throw Error({.category = Category::data, .where = where, .what = "every sample is excluded"});
}

DataSplits load_store(const std::shared_ptr<const FileStore>& store, const LoadOptions& options) {
  FolderLayout layout = find_layout(*store);
  if (options.exclude) leave_out(layout, *options.exclude, store->where(""));
  std::int64_t total = 0, before = 0;
  for (const ImageList& list : layout.parts) total += static_cast<std::int64_t>(list.files.size());
  DataSplits out{.source = store->where("") + ": " + layout.kind};
  std::size_t left = memory_of(options);
  const Decoding decoding = decoding_for(*store, layout.parts.front().files.front(), options);
  for (ImageList& list : layout.parts) {
    Dataset data{.y = Array::from<std::int32_t>({static_cast<std::int64_t>(list.labels.size())}, list.labels),
                 .class_names = layout.class_names,
                 .files = list.files,
                 .name = last_component(store->where("")) + "/" + list.part};
    Progress progress;
    if (options.progress) progress = [&](std::int64_t done) { options.progress(before + done, total); };
    fill(data, std::make_shared<ImageRows>(store, std::move(list.files), decoding), options, left, progress);
    check_dataset(data);
    before += data.size();
    (list.part == "Train" ? out.train : list.part == "Validation" ? out.validation : out.test) = std::move(data);
  }
  if (options.image_size)
    out.source += ", resized to " + std::to_string(decoding.size.height) + "x" + std::to_string(decoding.size.width) +
                  (options.resize == Resize::nearest ? " (nearest)" : " (bilinear)");
  return out;
}

}  // namespace

DataSplits load_folder(const std::string& root, const LoadOptions& options) { return load_store(open_folder(root), options); }
DataSplits load_zip(const std::string& file, const LoadOptions& options) { return load_store(open_zip(file), options); }

Dataset load_images(const std::string& path, const LoadOptions& options) {
  const bool single = has_image_extension(path);
  const auto store = single ? open_file(path) : open_folder(path);
  std::vector<std::string> files;
  for (const std::string& file : store->files())
    if (has_image_extension(file)) files.push_back(file);
  if (files.empty()) throw Error({.category = Category::data, .where = path, .what = "holds no images"});
  natural_sort(files);
  const Decoding decoding = decoding_for(*store, files.front(), options);
  const auto total = static_cast<std::int64_t>(files.size());
  std::size_t left = memory_of(options);
  Dataset data{.files = files, .name = last_component(path)};
  Progress progress;
  if (options.progress) progress = [&](std::int64_t done) { options.progress(done, total); };
  fill(data, std::make_shared<ImageRows>(store, std::move(files), decoding), options, left, progress);
  return data;
}

}  // namespace lehr
