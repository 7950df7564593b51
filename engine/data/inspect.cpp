#include "engine/data/inspect.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "engine/data/row_hash.h"

namespace lehr {

namespace {

constexpr std::size_t listed_duplicates = 1000;

SampleLine line_of(const Dataset& data, std::int64_t row) {
  SampleLine line;
  if (row < static_cast<std::int64_t>(data.files.size())) line.file = data.files[static_cast<std::size_t>(row)];
  const LabelKind kind = data.labels();
  if (kind == LabelKind::ids || kind == LabelKind::one_hot) {
    line.label = data.take(std::span(&row, 1)).label_ids().front();
    line.name = data.class_name(line.label);
  }
  return line;
}

std::optional<WeightRange> weights_of(const Dataset& data) {
  if (data.sample_weights.empty()) return {};
  const auto w = data.sample_weights.as<float>();
  return WeightRange{.min = static_cast<double>(*std::min_element(w.begin(), w.end())),
                     .max = static_cast<double>(*std::max_element(w.begin(), w.end())),
                     .mean = std::accumulate(w.begin(), w.end(), 0.0) / static_cast<double>(w.size())};
}

PartReport report_of(const Dataset& data, const std::string& part) {
  return {.part = part,
          .x_shape = data.sample_shape().with_batch(data.size()),
          .y_shape = data.y.shape(),
          .x_dtype = data.x_dtype(),
          .y_dtype = data.y.dtype(),
          .labels = data.labels(),
          .statistics = statistics(data),
          .class_counts = class_counts(data),
          .largest = largest_class(data),
          .sample_weights = weights_of(data),
          .first = line_of(data, 0),
          .last = line_of(data, data.size() - 1)};
}

struct Seen {
  const Dataset* data;
  const char* part;
  std::int64_t row;
};

class Duplicates {
 public:
  explicit Duplicates(DataReport& report) : report_(report) {}
  void add(const Dataset& data, const char* part) {
    const auto hashes = row_hashes(data);
    for (std::int64_t row = 0; row < data.size(); ++row) {
      const auto [at, fresh] = seen_.try_emplace(hashes[static_cast<std::size_t>(row)], Seen{&data, part, row});
      if (!fresh && same_row(*at->second.data, at->second.row, data, row)) note(at->second, {&data, part, row});
    }
  }

 private:
  void note(const Seen& a, const Seen& b) {
    ++report_.duplicate_count;
    if (a.data != b.data) ++report_.across_parts;
    if (report_.duplicates.size() >= listed_duplicates) return;
    const SampleLine left = line_of(*a.data, a.row), right = line_of(*b.data, b.row);
    report_.duplicates.push_back({.part_a = a.part,
                                  .part_b = b.part,
                                  .row_a = a.row,
                                  .row_b = b.row,
                                  .file_a = left.file,
                                  .file_b = right.file,
                                  .same_label = left.label == right.label});
  }
  DataReport& report_;
  std::unordered_map<std::uint64_t, Seen> seen_;
};

}  // namespace

DataReport inspect(const DataSplits& data) {
  DataReport report{.source = data.source, .class_names = data.any().class_names};
  Duplicates duplicates(report);
  const struct {
    const std::optional<Dataset>& part;
    const char* name;
  } parts[] = {{data.train, "Train"}, {data.validation, "Validation"}, {data.test, "Test"}};
  for (const auto& [part, name] : parts) {
    if (!part || part->size() == 0) continue;
    report.parts.push_back(report_of(*part, name));
    duplicates.add(*part, name);
  }
  return report;
}

}  // namespace lehr
