#include "engine/data/folder_layout.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>
#include <map>
#include <set>

#include "engine/data/csv.h"
#include "engine/data/image.h"
#include "engine/data/natural_sort.h"
#include "kernels/error.h"

namespace lehr {

namespace {

constexpr std::string_view part_names[] = {"Train", "Validation", "Test"};
constexpr std::string_view label_files[] = {"train_labels.csv", "val_labels.csv", "test_labels.csv"};

[[noreturn]] void fail(const std::string& where, std::string what, std::string expected = {}, std::string got = {}, std::string hint = {}) {
  throw Error({.category = Category::data,
               .where = where,
               .what = std::move(what),
               .expected = std::move(expected),
               .got = std::move(got),
               .hint = std::move(hint)});
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// -1 where the folder is no part.
int part_of(const std::string& folder) {
  const std::string name = lower(folder);
  if (name == "train" || name == "training") return 0;
  if (name == "validation" || name == "val" || name == "valid") return 1;
  return name == "test" || name == "testing" ? 2 : -1;
}

/// Silently leaving out a third of someone's pictures would be worse than stopping.
void refuse_unread_formats(const FileStore& store, const std::string& path) {
  const auto dot = path.rfind('.');
  const std::string extension = dot == std::string::npos ? "" : lower(path.substr(dot + 1));
  for (const char* known : {"gif", "webp", "tif", "tiff", "avif", "heic", "jp2"})
    if (extension == known)
      fail(store.where(path), "is an image of a kind that is not read", "JPEG, PNG, BMP or PNM", extension, "Convert or remove it.");
}

bool parse_id(std::string_view text, std::int64_t& id) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.remove_suffix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  return error == std::errc() && end == text.data() + text.size();
}

/// The last cell of every line; a first line of words is a heading.
std::vector<std::int32_t> read_labels(const FileStore& store, const std::string& path, std::size_t classes) {
  std::vector<std::int32_t> out;
  std::size_t line = 0;
  for (const CsvRow& row : parse_csv(store.text(path), store.where(path))) {
    ++line;
    std::int64_t id = 0;
    if (row.size() == 1 && row[0].empty()) continue;
    const bool number = parse_id(row.back(), id);
    if (!number && line == 1) continue;
    const std::string where = store.where(path) + ", line " + std::to_string(line);
    if (!number) fail(where, "is not a class id", "one whole number a line", "'" + row.back() + "'");
    const std::int64_t most = classes > 0 ? static_cast<std::int64_t>(classes) - 1 : std::numeric_limits<std::int32_t>::max() - 1;
    if (id < 0 || id > most)
      fail(where, "the label is out of range", classes > 0 ? "0 to " + std::to_string(most) + ", as name_list.csv says" : "0 or more",
           std::to_string(id));
    out.push_back(static_cast<std::int32_t>(id));
  }
  return out;
}

std::vector<std::string> read_names(const FileStore& store, const std::string& path) {
  std::map<std::int64_t, std::string> names;
  std::size_t line = 0;
  for (const CsvRow& row : parse_csv(store.text(path), store.where(path))) {
    ++line;
    std::int64_t id = 0;
    if (row.size() == 1 && row[0].empty()) continue;
    const std::string where = store.where(path) + ", line " + std::to_string(line);
    if (row.size() < 2) fail(where, "is not a class", "id,name", "'" + row[0] + "'");
    if (!parse_id(row[0], id)) {
      if (line == 1) continue;
      fail(where, "is not a class", "id,name", "'" + row[0] + "'");
    }
    if (!names.emplace(id, row[1]).second) fail(where, "names an id twice", {}, std::to_string(id));
  }
  std::vector<std::string> out;
  for (const auto& [id, name] : names) {
    if (id != static_cast<std::int64_t>(out.size()))
      fail(store.where(path), "its ids have a gap", std::to_string(out.size()), std::to_string(id));
    out.push_back(name);
  }
  return out;
}

/// Files by part and by the folder inside it ("" for files that lie directly in the part).
using Tree = std::map<std::string, std::vector<std::string>>;

ImageList numbered_part(const FileStore& store, std::string_view part, const Tree& tree, const std::string& label_file,
                        std::size_t classes) {
  ImageList list{.part = std::string(part), .files = tree.at(""), .labels = read_labels(store, label_file, classes)};
  natural_sort(list.files);
  if (list.files.size() != list.labels.size())
    fail(store.where(label_file), "labels and images differ in number",
         std::to_string(list.files.size()) + " labels, one for each image of " + list.part, std::to_string(list.labels.size()));
  return list;
}

ImageList class_part(const FileStore& store, std::string_view part, const Tree& tree, const std::vector<std::string>& class_names) {
  ImageList list{.part = std::string(part)};
  for (const auto& [folder, files] : tree) {
    const auto at = std::lower_bound(class_names.begin(), class_names.end(), folder);
    if (at == class_names.end() || *at != folder)
      fail(store.where(files.front()), std::string(part) + " has a class that Train lacks", {}, "'" + folder + "'");
    std::vector<std::string> sorted = files;
    natural_sort(sorted);
    for (std::string& file : sorted) {
      list.files.push_back(std::move(file));
      list.labels.push_back(static_cast<std::int32_t>(at - class_names.begin()));
    }
  }
  return list;
}

std::vector<std::string> keys_of(const Tree& tree) {
  std::vector<std::string> out;
  for (const auto& [key, files] : tree) out.push_back(key);
  return out;
}

struct Scan {
  Tree parts[3];
  Tree classes;                               ///< folders at the top that are no parts; "" for files directly there
  std::map<std::string, std::string> tables;  ///< lower-case name of a .csv at the top -> its path
};

Scan scan(const FileStore& store) {
  Scan out;
  for (const std::string& path : store.files()) {
    refuse_unread_formats(store, path);
    const auto slash = path.find('/');
    if (slash == std::string::npos && lower(path).ends_with(".csv")) out.tables[lower(path)] = path;
    if (!has_image_extension(path)) continue;
    const std::string top = slash == std::string::npos ? "" : path.substr(0, slash);
    const int part = part_of(top);
    if (part < 0) {
      out.classes[top].push_back(path);
    } else {
      const auto next = path.find('/', slash + 1);
      out.parts[part][next == std::string::npos ? "" : path.substr(slash + 1, next - slash - 1)].push_back(path);
    }
  }
  return out;
}

[[noreturn]] void no_layout(const FileStore& store, const std::string& what) {
  fail(store.where(""), what, "Train/*.jpg with train_labels.csv (and name_list.csv), or train/CLASS/*.jpg, or CLASS/*.jpg");
}

FolderLayout numbered_layout(const FileStore& store, const Scan& found) {
  FolderLayout out{.kind = "numbered images with label tables"};
  if (const auto names = found.tables.find("name_list.csv"); names != found.tables.end())
    out.class_names = read_names(store, names->second);
  for (std::size_t part = 0; part < 3; ++part) {
    const Tree& tree = found.parts[part];
    if (tree.empty()) continue;
    if (!tree.contains("")) no_layout(store, std::string(part_names[part]) + " has folders where Train has images");
    const auto table = found.tables.find(std::string(label_files[part]));
    if (table == found.tables.end())
      fail(store.where(std::string(label_files[part])), "no such file",
           "one class id a line, for the images of " + std::string(part_names[part]));
    out.parts.push_back(numbered_part(store, part_names[part], tree, table->second, out.class_names.size()));
  }
  return out;
}

}  // namespace

FolderLayout find_layout(const FileStore& store) {
  const Scan found = scan(store);
  const bool any_part = !found.parts[0].empty() || !found.parts[1].empty() || !found.parts[2].empty();
  if (any_part && found.parts[0].empty()) no_layout(store, "has no Train part");
  if (any_part && found.parts[0].contains("")) return numbered_layout(store, found);
  const Tree& train = any_part ? found.parts[0] : found.classes;
  if (train.empty()) no_layout(store, "holds no images");
  if (!any_part && train.contains("")) no_layout(store, "its images lie in no class folder and have no labels");
  FolderLayout out{.class_names = keys_of(train), .kind = "class folders"};
  out.parts.push_back(class_part(store, "Train", train, out.class_names));
  for (std::size_t part = 1; part < 3; ++part)
    if (!found.parts[part].empty()) out.parts.push_back(class_part(store, part_names[part], found.parts[part], out.class_names));
  return out;
}

}  // namespace lehr
