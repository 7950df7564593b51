#include "engine/data/faces.h"

#include <algorithm>
#include <cmath>

#include "engine/data/face_draw.h"
#include "engine/data/parallel_rows.h"
#include "engine/data/split.h"
#include "kernels/error.h"

namespace lehr {

namespace {

constexpr std::uint32_t person_stream = 0x66616365, scene_stream = 0x73636e65, grain_stream = 0x6772616e;

void check(const Faces& spec) {
  const auto in = [](const char* key, std::int64_t value, std::int64_t low, std::int64_t high) {
    if (value < low || value > high)
      throw Error({.category = Category::usage,
                   .where = std::string("faces(") + key + "=" + std::to_string(value) + ")",
                   .what = "out of range",
                   .expected = std::to_string(low) + " to " + std::to_string(high),
                   .got = std::to_string(value)});
  };
  in("people", spec.people, 2, 1000);
  in("per_person", spec.per_person, 5, 10000);
  in("size", spec.size, 8, 1024);
}

/// Images of each rank. In lfw62 the k-th person has about 20 + 510 k^-1.2 images (530, 236, 144, 121 ... 20), the mean being 49.
std::vector<int> class_sizes(int people, int per_person) {
  std::vector<double> weights;
  double sum = 0;
  for (int rank = 1; rank <= people; ++rank) {
    weights.push_back(std::pow(rank, -1.2));
    sum += weights.back();
  }
  const double floor = 0.41 * per_person;
  std::vector<int> out;
  for (const double weight : weights) {
    const double above = weight / sum * (per_person - floor) * people;
    out.push_back(std::max(static_cast<int>(std::lround(floor + above)), 5));
  }
  return out;
}

struct Picture {
  std::int32_t person = 0;
  std::uint64_t number = 0;  ///< unique in the set: names its scene
};

Dataset draw(const Faces& spec, const std::vector<Person>& people, const std::vector<Picture>& pictures) {
  const auto n = static_cast<std::int64_t>(pictures.size());
  Dataset data{.x = Array({n, spec.size, spec.size, 3}, DType::u8), .y = Array({n}, DType::i32)};
  const auto bytes = static_cast<std::size_t>(data.x.row_elements());
  const auto seed = static_cast<std::uint64_t>(spec.seed);
  const auto pixels = data.x.as<std::uint8_t>();
  const auto labels = data.y.as<std::int32_t>();
  for_rows(n, 0, nullptr, [&](std::int64_t row) {
    const Picture& picture = pictures[static_cast<std::size_t>(row)];
    Draws draws({.seed = seed, .stream = scene_stream}, picture.number);
    const Scene scene = draw_scene(draws);
    labels[static_cast<std::size_t>(row)] = picture.person;
    draw_face(people[static_cast<std::size_t>(picture.person)], scene, spec.size, {.seed = seed, .stream = grain_stream}, picture.number,
              pixels.subspan(static_cast<std::size_t>(row) * bytes, bytes));
  });
  return data;
}

}  // namespace

DataSplits make_faces(const Faces& spec) {
  check(spec);
  const auto seed = static_cast<std::uint64_t>(spec.seed);
  const auto sizes = class_sizes(spec.people, spec.per_person);
  // Which person is the frequent one does not follow the alphabet.
  const auto rank_of = permutation(spec.people, seed, person_stream, 1);
  const auto people = draw_people(spec.people, {.seed = seed, .stream = person_stream});
  std::vector<Picture> parts[3];
  std::uint64_t number = 0;
  for (int id = 0; id < spec.people; ++id) {
    const int size = sizes[static_cast<std::size_t>(rank_of[static_cast<std::size_t>(id)])];
    const auto train = static_cast<int>(std::lround(size * 0.6)), validation = static_cast<int>(std::lround(size * 0.8));
    for (int i = 0; i < size; ++i) parts[i < train ? 0 : i < validation ? 1 : 2].push_back({.person = id, .number = number++});
  }
  const auto names = person_names(spec.people, seed);
  const std::string text = "faces(people=" + std::to_string(spec.people) + ", per_person=" + std::to_string(spec.per_person) +
                           ", size=" + std::to_string(spec.size) + ", seed=" + std::to_string(spec.seed) + ")";
  DataSplits out{.source = text + ": drawn by the program"};
  const char* part_names[] = {"Train", "Validation", "Test"};
  std::optional<Dataset>* targets[] = {&out.train, &out.validation, &out.test};
  for (std::size_t part = 0; part < 3; ++part) {
    std::vector<Picture> mixed;
    for (const std::int64_t i : permutation(static_cast<std::int64_t>(parts[part].size()), seed, scene_stream, part + 1))
      mixed.push_back(parts[part][static_cast<std::size_t>(i)]);
    Dataset data = draw(spec, people, mixed);
    data.class_names = names;
    data.name = std::string("faces/") + part_names[part];
    *targets[part] = std::move(data);
  }
  return out;
}

}  // namespace lehr
