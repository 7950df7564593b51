#include "engine/data/npz.h"

#include <algorithm>

#include "engine/data/npy.h"
#include "engine/data/zip.h"

namespace lehr {

NamedArrays read_npz(const std::string& file) {
  const ZipReader zip(file);
  NamedArrays out;
  for (const ZipEntry& entry : zip.entries()) {
    std::string name = entry.name;
    if (name.ends_with('/')) continue;
    if (name.ends_with(".npy")) name.resize(name.size() - 4);
    out.emplace_back(std::move(name), parse_npy(zip.read(entry), file + ", array " + entry.name));
  }
  return out;
}

void write_npz(const std::string& file, const NamedArrays& arrays, bool compressed) {
  ZipWriter zip(file);
  for (const auto& [name, array] : arrays) zip.add(name + ".npy", encode_npy(array), compressed);
  zip.finish();
}

const Array* find_array(const NamedArrays& arrays, std::string_view name) {
  const auto at = std::find_if(arrays.begin(), arrays.end(), [&](const auto& item) { return item.first == name; });
  return at == arrays.end() ? nullptr : &at->second;
}

}  // namespace lehr
