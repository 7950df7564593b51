// Weights as NumPy's npz: "layer/kernel"; or arr_0, arr_1, ..., as numpy.savez(*model.get_weights()) writes.
#include <algorithm>
#include <set>

#include "engine/data/npy.h"
#include "engine/data/zip.h"
#include "weights/formats.h"
#include "weights/name_map.h"

namespace lehr {

namespace {

WeightLayer& layer_of(TensorFile& file, const std::string& name) {
  const auto at = std::find_if(file.layers.begin(), file.layers.end(), [&](const WeightLayer& l) { return l.name == name; });
  if (at != file.layers.end()) return *at;
  file.layers.push_back({.name = name});
  return file.layers.back();
}

/// Before anything is unpacked.
void check_entries(const ZipReader& zip) {
  std::uint64_t packed = 0, claimed = 0;
  for (const auto& entry : zip.entries()) packed += entry.compressed;
  std::set<std::string> seen;
  for (const auto& entry : zip.entries()) {
    const std::string where = zip.file() + ", array " + entry.name;
    if (!seen.insert(entry.name).second)
      throw Error({.category = Category::data, .where = where, .what = "the file has two arrays of this name"});
    claimed += entry.size;
    if (claimed < entry.size || claimed > hdf5_room(packed))
      throw Error({.category = Category::data,
                   .where = where,
                   .what = "claims to unpack to more than weights of this size can",
                   .expected = "at most " + std::to_string(hdf5_room(packed)) + " bytes",
                   .got = std::to_string(claimed)});
  }
}

}  // namespace

TensorFile read_npz_weights(const std::string& file) {
  const ZipReader zip(file);
  check_entries(zip);
  TensorFile out{.format = WeightFormat::npz, .source = file, .ordered = true};
  for (const auto& entry : zip.entries()) {
    if (entry.name.ends_with('/')) continue;
    std::string name = entry.name;
    if (name.ends_with(".npy")) name.resize(name.size() - 4);
    const auto slash = name.rfind('/');
    const std::string owner = slash == std::string::npos ? "" : name.substr(0, slash);
    layer_of(out, owner)
        .weights.push_back({.name = slash == std::string::npos ? name : name.substr(slash + 1),
                            .place = entry.name,
                            .values = parse_npy(zip.read(entry), file + ", array " + entry.name)});
  }
  return out;
}

void write_npz_weights(const std::string& file, const TensorFile& tensors) {
  ZipWriter zip(file);
  for (const auto& layer : tensors.layers)
    for (const auto& w : layer.weights)
      zip.add((layer.name.empty() ? "" : layer.name + "/") + w.name + ".npy", encode_npy(w.values), false);
  zip.finish();
}

}  // namespace lehr
