#include "engine/data/data_catalogue.h"

#include "engine/spec/parse.h"

namespace lehr {

const Catalogue<DataSpec>& data_catalogue() {
  using C = Catalogue<DataSpec>;
  static const C list("data set", {
                                      C::entry<FashionMnist>({"fashion-mnist"}),
                                      C::entry<Mnist>(),
                                      C::entry<Cifar10>({"cifar-10"}),
                                      C::entry<Digits>(),
                                      C::entry<Faces>(),
                                      C::entry<Arrays>(),
                                      C::entry<CsvData>(),
                                      C::entry<DataPath>(),
                                  });
  return list;
}

DataSpec SpecConvert<DataSpec>::from(const SpecValue& value) {
  const bool path =
      value.is(SpecKind::string) || value.is(SpecKind::number) || (value.is(SpecKind::word) && !data_catalogue().knows(value));
  if (path) return DataPath{.path = value.written()};
  return data_catalogue().from(value);
}

SpecValue SpecConvert<DataSpec>::to(const DataSpec& spec) {
  if (const auto* path = std::get_if<DataPath>(&spec)) {
    SpecValue word = SpecValue::of(std::string_view(path->path.value()));
    // A folder that is called like a set would read back as that set.
    return data_catalogue().knows(word) ? to_spec(*path) : word;
  }
  return std::visit([](const auto& one) { return to_spec(one); }, spec);
}

DataSpec parse_data_spec(std::string_view text, std::string_view what) { return SpecConvert<DataSpec>::from(parse_spec(text, what)); }

std::string print(const DataSpec& spec) { return SpecConvert<DataSpec>::to(spec).print(); }

}  // namespace lehr
