#include "engine/data/lfw.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

#include "engine/atomic_file.h"
#include "engine/data/file.h"
#include "engine/data/image.h"
#include "engine/data/image_write.h"
#include "engine/data/inflate.h"
#include "engine/data/natural_sort.h"
#include "engine/data/parallel_rows.h"
#include "engine/data/split.h"
#include "engine/data/tar.h"
#include "kernels/error.h"

namespace lehr {

namespace {

namespace fs = std::filesystem;
constexpr std::uint32_t lfw_stream = 0x6c667700;  // "lfw"

struct Photo {
  std::string source;  ///< "Colin_Powell/Colin_Powell_0179.jpg"
  std::int32_t id = 0;
  std::span<const std::byte> bytes;
};

/// root/Name/Name_0001.jpg: the folder above the file is the person.
std::map<std::string, std::vector<Photo>> photos_by_person(const std::vector<TarEntry>& entries) {
  std::map<std::string, std::vector<Photo>> people;
  for (const TarEntry& entry : entries) {
    const fs::path path(entry.name);
    const std::string person = path.parent_path().filename().string();
    if (!has_image_extension(entry.name) || person.empty() || path.filename().string().starts_with('.')) continue;
    people[person].push_back({.source = person + "/" + path.filename().string(), .bytes = entry.bytes});
  }
  return people;
}

std::vector<std::byte> centre_square(const Photo& photo, int side) {
  const Image whole = decode_image(photo.bytes, ColorMode::rgb, photo.source);
  if (whole.height < side || whole.width < side)
    throw Error({.category = Category::data,
                 .where = photo.source,
                 .what = "is smaller than the square to be cut out",
                 .expected = "at least " + std::to_string(side) + " pixels each way",
                 .got = std::to_string(whole.height) + "x" + std::to_string(whole.width)});
  Image out{.height = side, .width = side, .channels = 3};
  const auto line = static_cast<std::size_t>(side) * 3;
  for (int y = 0; y < side; ++y) {
    const auto from = (static_cast<std::size_t>(y + (whole.height - side) / 2) * static_cast<std::size_t>(whole.width) +
                       static_cast<std::size_t>((whole.width - side) / 2)) *
                      3;
    out.pixels.insert(out.pixels.end(), whole.pixels.begin() + static_cast<std::ptrdiff_t>(from),
                      whole.pixels.begin() + static_cast<std::ptrdiff_t>(from + line));
  }
  return encode_jpeg(out, 95);
}

void write_part(const fs::path& root, const std::string& folder, const std::string& prefix, const std::vector<Photo>& photos, int crop) {
  std::error_code error;
  fs::create_directories(root / folder, error);
  if (error)
    throw Error({.category = Category::data, .where = (root / folder).string(), .what = "cannot be made (" + error.message() + ")"});
  std::string labels, sources;
  for (std::size_t i = 0; i < photos.size(); ++i) {
    labels += std::to_string(photos[i].id) + "\n";
    sources += "image_" + std::to_string(i) + ".jpg," + photos[i].source + "\n";
  }
  for_rows(static_cast<std::int64_t>(photos.size()), 0, nullptr, [&](std::int64_t row) {
    const Photo& photo = photos[static_cast<std::size_t>(row)];
    const std::string file = (root / folder / ("image_" + std::to_string(row) + ".jpg")).string();
    if (crop > 0)
      replace_file(file, centre_square(photo, crop));
    else
      replace_file(file, photo.bytes);
  });
  write_file_atomically(root / (prefix + "_labels.csv"), labels);
  write_file_atomically(root / (prefix + "_sources.csv"), sources);
}

}  // namespace

LfwSummary make_lfw62(const std::string& archive, const std::string& folder, const LfwOptions& options) {
  std::error_code ignored;
  if (fs::exists(folder, ignored) && !(fs::is_directory(folder, ignored) && fs::is_empty(folder, ignored)))
    throw Error({.category = Category::data, .where = folder, .what = "is there already", .hint = "Name a new folder, or empty this one."});
  auto bytes = read_bytes(archive);
  if (is_gzip(bytes)) bytes = inflate(bytes, Deflate::gzip, archive);
  auto people = photos_by_person(list_tar(bytes, archive));
  std::vector<Photo> parts[3];
  std::string names;
  std::int32_t id = 0;
  for (auto& [person, photos] : people) {
    if (static_cast<int>(photos.size()) < options.min_images) continue;
    std::sort(photos.begin(), photos.end(), [](const Photo& a, const Photo& b) { return natural_less(a.source, b.source); });
    const auto n = static_cast<double>(photos.size());
    const auto a = static_cast<std::int64_t>(std::lround(n * 0.6)), b = static_cast<std::int64_t>(std::lround(n * 0.8));
    std::int64_t place = 0;
    for (const std::int64_t i :
         permutation(static_cast<std::int64_t>(photos.size()), options.seed, lfw_stream, static_cast<std::uint64_t>(id))) {
      photos[static_cast<std::size_t>(i)].id = id;
      parts[place < a ? 0 : place < b ? 1 : 2].push_back(photos[static_cast<std::size_t>(i)]);
      ++place;
    }
    names += std::to_string(id++) + "," + person + "\n";
  }
  if (id == 0)
    throw Error({.category = Category::data,
                 .where = archive,
                 .what = "holds no person with enough images",
                 .expected = "lfw/NAME/NAME_0001.jpg, at least " + std::to_string(options.min_images) + " of a person",
                 .got = std::to_string(people.size()) + " people"});
  const char* folders[] = {"Train", "Validation", "Test"};
  const char* prefixes[] = {"train", "val", "test"};
  for (std::size_t part = 0; part < 3; ++part) {
    std::vector<Photo> mixed;
    for (const std::int64_t i : permutation(static_cast<std::int64_t>(parts[part].size()), options.seed, lfw_stream + 1, part))
      mixed.push_back(parts[part][static_cast<std::size_t>(i)]);
    write_part(folder, folders[part], prefixes[part], mixed, options.crop);
  }
  write_file_atomically(fs::path(folder) / "name_list.csv", names);
  return {.people = id,
          .train = static_cast<std::int64_t>(parts[0].size()),
          .validation = static_cast<std::int64_t>(parts[1].size()),
          .test = static_cast<std::int64_t>(parts[2].size())};
}

}  // namespace lehr
