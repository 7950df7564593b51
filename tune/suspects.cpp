#include "tune/suspects.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <numeric>

#include "engine/data/exclusion.h"
#include "engine/data/parallel_rows.h"
#include "engine/data/row_hash.h"
#include "tune/format.h"
#include "tune/picture_print.h"

namespace lehr {

namespace {

struct Part {
  const Dataset* data;
  const char* name;
};

std::vector<Part> parts_of(const DataSplits& data) {
  std::vector<Part> out;
  for (const auto& [part, name] : {std::pair{&data.train, "Train"}, {&data.validation, "Validation"}, {&data.test, "Test"}})
    if (*part && (*part)->size() > 0) out.push_back({&**part, name});
  return out;
}

std::string sample_name(const Part& part, std::int64_t row) {
  const auto& files = part.data->files;
  return files.empty() ? row_name(part.name, row) : files[static_cast<std::size_t>(row)];
}

Suspect suspect(SuspectKind kind, const Part& part, std::int64_t row, std::string why, double doubt = 1) {
  return {.kind = kind, .part = part.name, .row = row, .name = sample_name(part, row), .why = std::move(why), .doubt = doubt};
}

/// What is known of every sample after one look.
struct Seen {
  Part part;
  std::int64_t row = 0;
  PicturePrint print = {};
  std::string broken = {};
};

std::vector<Seen> look_at(const std::vector<Part>& parts) {
  std::vector<Seen> out;
  for (const Part& part : parts) {
    const std::size_t begin = out.size();
    for (std::int64_t row = 0; row < part.data->size(); ++row) out.push_back({.part = part, .row = row});
    const Shape shape = part.data->sample_shape();
    for_rows(part.data->size(), 0, nullptr, [&](std::int64_t row) {
      Seen& seen = out[begin + static_cast<std::size_t>(row)];
      try {
        const auto bytes = row_bytes(*part.data, row);
        if (part.data->is_images()) seen.print = print_of(bytes, shape);
      } catch (const Error& e) {
        seen.broken = e.info().what;
      }
    });
  }
  return out;
}

void add_blank(const std::vector<Seen>& seen, const SuspectOptions& options, std::vector<Suspect>& out) {
  for (const Seen& s : seen)
    if (s.part.data->is_images() && s.broken.empty() && s.print.deviation < options.blank_deviation)
      out.push_back(suspect(SuspectKind::blank, s.part, s.row,
                            "every pixel is near " + metric_text(s.print.mean) + " of 255, spread " + metric_text(s.print.deviation)));
}

/// The later one of two is named; of two parts the one that trains, so that what is tested on stays.
void add_duplicates(const std::vector<Seen>& seen, const SuspectOptions& options, std::vector<Suspect>& out) {
  std::vector<const Seen*> clear;  // Test, then Validation, then Train: the earlier ones stay
  for (const char* name : {"Test", "Validation", "Train"})
    for (const Seen& s : seen)
      if (s.part.name == std::string_view(name) && s.part.data->is_images() && s.broken.empty() &&
          s.print.deviation >= options.blank_deviation)
        clear.push_back(&s);
  std::vector<std::int64_t> twin(clear.size(), -1);
  std::vector<std::uint64_t> hashes;  // beside one another: every pair is looked at
  for (const Seen* s : clear) hashes.push_back(s->print.hash);
  for_rows(static_cast<std::int64_t>(clear.size()), 0, nullptr, [&](std::int64_t i) {
    const auto at = static_cast<std::size_t>(i);
    for (std::size_t j = 0; j < at; ++j) {
      if (std::popcount(hashes[at] ^ hashes[j]) > options.same_hash_bits ||
          difference(clear[at]->print, clear[j]->print) > options.same_difference)
        continue;
      twin[at] = static_cast<std::int64_t>(j);
      return;
    }
  });
  for (std::size_t i = 0; i < clear.size(); ++i) {
    if (twin[i] < 0) continue;
    const Seen &s = *clear[i], &first = *clear[static_cast<std::size_t>(twin[i])];
    const bool equal = row_bytes(*s.part.data, s.row) == row_bytes(*first.part.data, first.row);
    out.push_back(
        suspect(SuspectKind::duplicate, s.part, s.row,
                std::string(equal ? "the same picture as " : "nearly the same picture as ") + sample_name(first.part, first.row)));
  }
}

void add_labels(const std::vector<Part>& parts, const std::vector<Seen>& seen, Model& model, const SuspectOptions& options,
                std::vector<Suspect>& out) {
  for (const Part& part : parts) {
    const LabelKind kind = part.data->labels();
    if ((kind != LabelKind::ids && kind != LabelKind::one_hot) || model.network().output().elements() < 2) continue;
    std::vector<std::int64_t> rows;
    for (const Seen& s : seen)
      if (s.part.data == part.data && s.broken.empty()) rows.push_back(s.row);
    if (rows.empty()) continue;
    const Dataset readable = part.data->take(rows);
    const Array probabilities = model.predict(readable, options.batch_size);
    const auto labels = readable.label_ids();
    const auto classes = static_cast<std::size_t>(probabilities.row_elements());
    for (const std::int64_t i : label_issues(probabilities, labels)) {
      const auto row = probabilities.as<float>().subspan(static_cast<std::size_t>(i) * classes, classes);
      const auto named = std::max_element(row.begin(), row.end()) - row.begin();
      const std::int32_t label = labels[static_cast<std::size_t>(i)];
      const auto own = static_cast<double>(row[static_cast<std::size_t>(label)]);
      out.push_back(suspect(SuspectKind::label, part, rows[static_cast<std::size_t>(i)],
                            "labelled " + part.data->class_name(label) + " (" + percent_text(own) + "), looks like " +
                                part.data->class_name(named) + " (" +
                                percent_text(static_cast<double>(row[static_cast<std::size_t>(named)])) + ")",
                            1 - own));
    }
  }
}

}  // namespace

std::string_view name_of(SuspectKind kind) {
  constexpr std::string_view names[] = {"broken", "blank", "duplicate", "label"};
  return names[static_cast<std::size_t>(kind)];
}

std::vector<std::int64_t> label_issues(const Array& probabilities, std::span<const std::int32_t> labels) {
  const auto classes = static_cast<std::size_t>(probabilities.row_elements());
  const auto p = probabilities.as<float>();
  const auto at = [&](std::size_t row, std::size_t c) { return static_cast<double>(p[row * classes + c]); };
  // How sure the network is of a class on the samples that bear its label: their mean.
  std::vector<double> threshold(classes), count(classes);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    threshold[static_cast<std::size_t>(labels[i])] += at(i, static_cast<std::size_t>(labels[i]));
    count[static_cast<std::size_t>(labels[i])] += 1;
  }
  for (std::size_t c = 0; c < classes; ++c) threshold[c] = count[c] == 0 ? 2 : threshold[c] / count[c];
  std::vector<std::int64_t> out;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    std::size_t confident = classes, count_confident = 0, largest = 0;
    for (std::size_t c = 0; c < classes; ++c) {
      if (at(i, c) > at(i, largest)) largest = c;
      if (at(i, c) < threshold[c] - 1e-6) continue;
      confident = c;
      ++count_confident;
    }
    const std::size_t best = count_confident > 1 ? largest : confident;
    const auto label = static_cast<std::size_t>(labels[i]);
    if (best != classes && best != label && largest != label) out.push_back(static_cast<std::int64_t>(i));
  }
  std::stable_sort(out.begin(), out.end(), [&](std::int64_t a, std::int64_t b) {
    const auto own = [&](std::int64_t i) {
      return at(static_cast<std::size_t>(i), static_cast<std::size_t>(labels[static_cast<std::size_t>(i)]));
    };
    return own(a) < own(b);
  });
  return out;
}

std::vector<Suspect> find_suspects(const DataSplits& data, Model* model, const SuspectOptions& options) {
  const std::vector<Part> parts = parts_of(data);
  const std::vector<Seen> seen = look_at(parts);
  std::vector<Suspect> found, out;
  for (const Seen& s : seen)
    if (!s.broken.empty()) found.push_back(suspect(SuspectKind::broken, s.part, s.row, s.broken));
  add_blank(seen, options, found);
  add_duplicates(seen, options, found);
  if (model != nullptr) add_labels(parts, seen, *model, options, found);
  std::stable_sort(found.begin(), found.end(),
                   [](const Suspect& a, const Suspect& b) { return a.kind != b.kind ? a.kind < b.kind : a.doubt > b.doubt; });
  std::map<std::string, bool> listed;
  for (auto& s : found)
    if (!std::exchange(listed[s.name], true)) out.push_back(std::move(s));
  return out;
}

std::string exclusion_list(std::span<const Suspect> suspects) {
  std::string out = "# A sample a line, for lehr fit --exclude; delete the lines of those that shall stay.\n";
  for (const Suspect& s : suspects) out += s.name + '\t' + std::string(name_of(s.kind)) + ": " + s.why + '\n';
  return out;
}

Array suspect_images(const DataSplits& data, std::span<const Suspect> suspects, std::vector<std::size_t>& which) {
  which.clear();
  std::vector<std::vector<std::byte>> pixels;
  Shape shape;
  for (std::size_t i = 0; i < suspects.size(); ++i)
    for (const Part& part : parts_of(data)) {
      if (part.name != suspects[i].part || suspects[i].kind == SuspectKind::broken || !part.data->is_images()) continue;
      shape = part.data->sample_shape();
      pixels.push_back(row_bytes(*part.data, suspects[i].row));
      which.push_back(i);
    }
  if (pixels.empty()) return {};
  Array out(shape.with_batch(static_cast<std::int64_t>(pixels.size())), DType::u8);
  for (std::size_t i = 0; i < pixels.size(); ++i) std::memcpy(out.data() + i * pixels[i].size(), pixels[i].data(), pixels[i].size());
  return out;
}

}  // namespace lehr
