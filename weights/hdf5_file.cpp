#include "weights/hdf5_file.h"

namespace lehr {

Hdf5Object& Hdf5Tree::group(const std::string& path) {
  for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) groups[path.substr(0, slash)];
  groups[""];
  return groups[path];
}

const std::vector<std::string>* Hdf5Tree::attribute(const std::string& path, const std::string& name) const {
  const auto at = groups.find(path);
  if (at == groups.end()) return nullptr;
  const auto found = at->second.attributes.find(name);
  return found == at->second.attributes.end() ? nullptr : &found->second;
}

std::string Hdf5Tree::text(const std::string& path, const std::string& name) const {
  const auto* values = attribute(path, name);
  return values == nullptr || values->empty() ? "" : values->front();
}

std::vector<std::string> Hdf5Tree::children(const std::string& path) const {
  const std::string prefix = path.empty() ? "" : path + "/";
  std::vector<std::string> out;
  for (auto at = groups.lower_bound(prefix); at != groups.end() && at->first.starts_with(prefix); ++at) {
    const std::string rest = at->first.substr(prefix.size());
    if (!rest.empty() && rest.find('/') == std::string::npos) out.push_back(rest);
  }
  return out;
}

}  // namespace lehr
