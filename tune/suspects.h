// suspects.h: samples that a person should look at before training on them.
//   broken      the file cannot be read or decoded
//   blank       hardly any pixel differs from the others
//   duplicate   the same picture as an earlier one, or nearly: recompressed, brighter, scaled
//   label       a trained network is as sure of another class as it is of that class's own samples: confident learning (Northcutt, Jiang and
//               Chuang 2021, doi:10.1613/jair.1.12125), whose pruned off-diagonal entries these are
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/data/dataset.h"
#include "tune/model.h"

namespace lehr {

enum class SuspectKind : std::uint8_t { broken, blank, duplicate, label };
std::string_view name_of(SuspectKind kind);

struct Suspect {
  SuspectKind kind = SuspectKind::broken;
  std::string part = {};  ///< "Train"
  std::int64_t row = 0;   ///< in its part
  std::string name = {};  ///< as an exclusion names it
  std::string why = {};   ///< for people, one line
  double doubt = 1;       ///< for the order: 1 is certain
};

struct SuspectOptions {
  std::int64_t batch_size = 32;
  double blank_deviation = 3;  ///< of 255: standard deviation of the luma below it
  double same_difference = 3;  ///< of 255: mean absolute difference of 16x16 thumbnails, mean brightness taken off
  int same_hash_bits = 8;      ///< of 64: gradient hashes that differ in more are two pictures
};

/// One a sample, the certain first: broken, blank, duplicates, then labels by doubt. `model`: null looks at the pictures alone.
std::vector<Suspect> find_suspects(const DataSplits& data, Model* model, const SuspectOptions& options = {});

/// Rows whose label is not the class that they are confidently counted for, the least likely labels first. probabilities: f32 (n, classes).
/// As cleanlab's filter_by="confident_learning", rank by self-confidence.
std::vector<std::int64_t> label_issues(const Array& probabilities, std::span<const std::int32_t> labels);

/// A line a suspect: name, tab, kind and why.
std::string exclusion_list(std::span<const Suspect> suspects);
/// Pixels of the suspects that have some: (n, height, width, channels) uint8, in their order; and which those are.
Array suspect_images(const DataSplits& data, std::span<const Suspect> suspects, std::vector<std::size_t>& which);

}  // namespace lehr
