#include "layers/keras_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "layers/keras_config.h"
#include "layers/keras_graph.h"
#include "layers/text_table.h"

namespace lehr {

namespace {

/// 14,714,688
std::string with_commas(std::int64_t count) {
  std::string out = std::to_string(count);
  for (auto at = static_cast<std::ptrdiff_t>(out.size()) - 3; at > 0; at -= 3) out.insert(static_cast<std::size_t>(at), ",");
  return out;
}

/// In powers of 1024.
std::string memory_text(std::int64_t of) {
  constexpr std::array units{"B", "KB", "MB", "GB", "TB"};
  auto bytes = static_cast<double>(of);
  std::size_t unit = 0;
  for (; bytes >= 1024 && unit + 1 < units.size(); ++unit) bytes /= 1024;
  return fmt::format("{:.2f} {}", bytes, units[unit]);
}

std::string shape_text(const Shape& shape) {
  std::string out = "(None";
  for (const auto extent : shape.extents()) out += ", " + std::to_string(extent);
  return out + ")";
}

class Summary {
 public:
  explicit Summary(const BuiltNetwork& built)
      : built_(built), net_(built.network()), names_(net_.layer_names()), histories_(keras_histories(net_, 0, names_)) {}

  std::string text(const SummaryOptions& options) const {
    const bool chain = is_keras_chain(net_, 0);
    const int length = options.line_length.value_or(std::min(chain ? 88 : 108, options.terminal_columns - 4));
    auto columns = columns_of(chain, length);
    std::vector<std::vector<std::string>> rows;
    const KerasLayer model = keras_layers(net_);
    const auto items = keras_items(net_, 0);
    const std::size_t first = model.layers.size() - items.size();  // a Functional model's InputLayer
    for (std::size_t i = 0; i < model.layers.size(); ++i)
      rows.push_back(row_of(model.layers[i], i < first ? nullptr : &items[i - first], chain));
    const std::int64_t total = built_.parameter_count(), trainable = built_.trainable_count();
    const OptimizerSize optimizer = options.optimizer.value_or(OptimizerSize{});
    const auto line = [](const char* what, std::int64_t count, std::int64_t bytes) {
      return fmt::format(" {}: {} ({})\n", what, with_commas(count), memory_text(bytes));
    };
    return fmt::format("Model: \"{}\"\n", model.name) + text_table(columns, rows, length) +
           line("Total params", total + optimizer.parameters, 4 * total + wide_bytes() + optimizer.bytes) +
           line("Trainable params", trainable, 4 * trainable) +
           line("Non-trainable params", total - trainable, 4 * (total - trainable) + wide_bytes()) +
           (options.optimizer ? line("Optimizer params", optimizer.parameters, optimizer.bytes) : "");
  }

 private:
  static std::vector<TextColumn> columns_of(bool chain, int length) {
    const std::vector<double> ends = chain ? std::vector{0.45, 0.80, 1.0} : std::vector{0.3, 0.56, 0.74, 1.0};
    std::vector<TextColumn> columns{{"Layer (type)"}, {"Output Shape"}, {.header = "Param #", .right = true}};
    if (!chain) columns.push_back({"Connected to"});
    int current = 0;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      columns[i].width = static_cast<int>(ends[i] * length) - current;
      current += columns[i].width;
      if (columns[i].width < 4)
        throw Error({.category = Category::usage,
                     .where = "summary",
                     .what = "the lines are too short for its columns",
                     .expected = "24 letters or more",
                     .got = std::to_string(length)});
    }
    return columns;
  }

  std::vector<std::string> row_of(const KerasLayer& layer, const KerasItem* item, bool chain) const {
    const std::size_t node = item == nullptr ? 0 : item->uses.back().output;
    std::vector<std::string> row{layer.name + " (" + layer.class_name + ")", shape_text(built_.shape_of(node)),
                                 with_commas(item == nullptr ? 0 : parameters_of(*item))};
    if (!chain) row.push_back(item == nullptr ? "-" : connections_of(*item));
    return row;
  }

  std::int64_t parameters_of(const KerasItem& item) const {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < net_.size(); ++i) {
      if (net_.entries()[i].shared_with || !(item.entry ? i == *item.entry : inside(net_.entries()[i].group, item.group))) continue;
      sum += built_.layers()[i].parameter_count();
    }
    return sum;
  }
  bool inside(std::size_t group, std::size_t outer) const {
    while (group != outer && group != 0) group = net_.groups()[group].parent;
    return group == outer;
  }

  /// What 8-byte weights take beyond four: a Normalization's count of samples.
  std::int64_t wide_bytes() const {
    std::int64_t sum = 0;
    for (const auto& layer : built_.layers())
      for (const auto& weight : layer.weights)
        if (layer.class_name == "Normalization" && weight.name == "count") sum += 4;
    return sum;
  }

  std::string connections_of(const KerasItem& item) const {
    std::string out;
    for (const auto& use : item.uses)
      for (const std::size_t input : use.inputs) {
        const auto& from = histories_.at(input);
        out += (out.empty() ? "" : ", ") + fmt::format("{}[{}][0]", from.layer, from.node);
      }
    return out;
  }

  const BuiltNetwork& built_;
  const Network& net_;
  std::vector<std::string> names_;
  std::map<std::size_t, KerasHistory> histories_;
};

}  // namespace

std::string keras_summary(const BuiltNetwork& network, const SummaryOptions& options) { return Summary(network).text(options); }

}  // namespace lehr
