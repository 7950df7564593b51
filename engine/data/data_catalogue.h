// data_catalogue.h: the data sets that have a name, and from a spec string to a DataSpec.
#pragma once

#include <string>
#include <string_view>

#include "engine/data/data_spec.h"
#include "engine/spec/catalogue.h"

namespace lehr {

const Catalogue<DataSpec>& data_catalogue();

/// `fashion_mnist`, `faces(people=20, size=32)`, `arrays(x.npy, y.npy)`; anything that is no name is a path: `lfw62/`, `archive.zip`.
/// `what` is the flag, for errors. Throws Error{usage}.
DataSpec parse_data_spec(std::string_view text, std::string_view what = "--data");
std::string print(const DataSpec& spec);  ///< parses to an equal spec

template <>
struct SpecConvert<DataSpec> {
  static DataSpec from(const SpecValue& value);
  static SpecValue to(const DataSpec& spec);
  static std::string expects() { return "a data set"; }
};

}  // namespace lehr
