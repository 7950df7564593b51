// dataset.h: samples with their labels, and the parts of a set. Plain values: what every reader returns and what fit and evaluate take.
//   x  uint8 [n, h, w, c] (images, IDX), float32 [n, ...], or the cells of a table (table.h)       y  int32 [n] ids, or float32 [n, k] one-hot rows or targets; may be empty
//   sample_weights  float32 [n]: how much a row counts in the loss and in weighted metrics; may be empty: 1 each
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/array.h"
#include "engine/data/row_source.h"

namespace lehr {

struct Table;

enum class LabelKind : std::uint8_t { none, ids, one_hot, values };

struct Dataset {
  Array x = {};
  Array y = {};
  Array sample_weights = {};
  std::vector<std::string> class_names = {};            ///< by id; empty where the set names none
  std::vector<std::string> files = {};                  ///< one a row, relative to the set's root; may be empty
  std::string name = {};                                ///< "lfw62/Train"
  std::shared_ptr<const RowSource> streamed = nullptr;  ///< where set, x is empty and rows are read when they are needed
  std::shared_ptr<const Table> table = nullptr;         ///< where set, x holds a table's cells (float64), which a TableEncoder makes inputs

  std::int64_t size() const;   ///< rows
  Shape sample_shape() const;  ///< (100, 100, 3)
  DType x_dtype() const;
  bool is_images() const;                         ///< uint8 with three axes a sample
  LabelKind labels() const;                       ///< one_hot: every row has a single 1 among zeros, and at least two columns
  std::int64_t classes() const;                   ///< names, columns, or largest id + 1; 0 for values and none
  std::vector<std::int32_t> label_ids() const;    ///< ids, or the arg max of one-hot rows; throws for values
  std::string class_name(std::int64_t id) const;  ///< its name, else the id in digits
  Dataset rows(std::int64_t begin, std::int64_t end) const;
  Dataset take(std::span<const std::int64_t> indices) const;
};

class Exclusion;

struct DataSplits {
  std::optional<Dataset> train = {}, validation = {}, test = {};
  std::shared_ptr<const Exclusion> left_out = nullptr;  ///< samples that are not here, where some were excluded
  std::string source = {};                              ///< what was read, from where, and what was done to it: for people

  const Dataset& any() const;  ///< the first part there is; throws where there is none
};

struct ClassShare {
  std::int64_t id = 0, count = 0;
  double share = 0;  ///< of all rows: what a network scores that always names this class
};

struct Statistics {
  double min = 0, max = 0, mean = 0;
  double min_255 = 0, max_255 = 0, mean_255 = 0;           ///< of x / 255
  std::size_t bytes_u8 = 0, bytes_f32 = 0, bytes_f64 = 0;  ///< what x takes as uint8, float32, float64
};

std::vector<std::int64_t> class_counts(const Dataset& data);
ClassShare largest_class(const Dataset& data);
double class_entropy(const Dataset& data);  ///< of the labels, in nats: the loss of a network that knows only the classes' shares
Statistics statistics(const Dataset& data);
/// Identifies the content (shapes, types, bytes of x, y and sample weights; file names for a streamed set): checkpoints and studies remember it.
std::uint64_t content_hash(const Dataset& data);

/// Throws Error{data} where a row holds NaN or an infinite number; `what` is "the sample" or "the label", `place` names the row.
void check_finite(std::span<const float> row, const std::string& what, const std::string& place);

/// Shape and label checks that training relies on: row counts agree, ids in 0..classes-1, no NaN, sample weights of 0 or more. Throws Error{data} naming `data.name`.
void check_dataset(const Dataset& data);

}  // namespace lehr
