#include "tune/study/auto_space.h"

#include <fmt/format.h>
#include <algorithm>

namespace lehr {

namespace {

constexpr const char* head_units = "units:choice(64, 128, 256)";
constexpr const char* dropout = "dropout(dropout:float(0, 0.5))";

std::string last_layer(const DataFacts& f) {
  return f.labels == LabelKind::values ? fmt::format("dense({})", f.outputs) : fmt::format("dense({}, softmax)", f.outputs);
}

std::string rows_network() {
  return fmt::format("flatten | batch_normalization | repeat(layers:int(1, 3), dense(width:choice(32, 64, 128, 256), relu) | {})", dropout);
}

/// Every stage halves the image; the last one keeps at least 4 pixels a side.
int stages_for(const Shape& sample) {
  int stages = 0;
  for (std::int64_t side = std::min(sample[0], sample[1]); side >= 8 && stages < 4; side /= 2) ++stages;
  return stages;
}

std::string image_network(int stages) {
  const std::string mlp = fmt::format("flatten | dense(mlp_units:choice(64, 128, 256, 512), relu) | {}", dropout);
  const std::string cnn = fmt::format(
      "repeat(blocks:int(1, {}), conv2d(filters:choice(16, 32, 64), 3, padding=same, activation=relu) | max_pooling2d) | flatten | "
      "dense({}, "
      "relu) | {}",
      stages, head_units, dropout);
  const std::string vgg = fmt::format(
      "repeat(stages:int(1, {}), conv2d(channels:choice(16, 32, 64), 3, padding=same) | batch_normalization | activation(relu) | "
      "conv2d(channels:choice(16, 32, 64), 3, padding=same) | batch_normalization | activation(relu) | max_pooling2d) | "
      "global_average_pooling2d | dense({}, relu) | {}",
      stages, head_units, dropout);
  return fmt::format("network:choice({}, {}, {})", cnn, mlp, vgg);
}

std::string batch_sizes(std::int64_t rows) {
  std::string out;
  for (const std::int64_t size : {16, 32, 64, 128, 256})  // 20 steps an epoch at least, 2,000 at most
    if (rows / size >= 20 && rows / size <= 2000) out += (out.empty() ? "" : ", ") + std::to_string(size);
  if (out.empty()) return rows < 320 ? "8" : "256";
  return out.find(',') == std::string::npos ? out : "batch_size:choice(" + out + ")";
}

/// Small shifts and sizes suit every picture; mirrored digits and letters are other digits and letters, mirrored photographs are not.
std::string augmentation(const DataFacts& f) {
  const bool photographs = f.sample[2] == 3;
  return fmt::format("augment:choice(identity, {}random_translation(0.1, 0.1) | random_zoom(0.1))",
                     photographs ? "random_flip(horizontal), random_flip(horizontal) | " : "");
}

}  // namespace

DataFacts facts_of(const Dataset& data) {
  DataFacts out{.sample = data.sample_shape(), .rows = data.size(), .labels = data.labels(), .bytes = data.x_dtype() == DType::u8};
  out.outputs = out.labels == LabelKind::values ? data.y.row_elements() : data.classes();
  return out;
}

AutoSpace auto_space(const DataFacts& f) {
  if (f.labels == LabelKind::none)
    throw Error(
        {.category = Category::data, .where = "lehr auto", .what = "there is nothing to learn", .expected = "labels or target values"});
  AutoSpace out{.objective = f.labels == LabelKind::values ? "val_loss" : "val_accuracy"};
  const int stages = f.sample.rank() == 3 ? stages_for(f.sample) : 0;
  const bool transfer = f.pretrained_vgg && stages > 0 && f.sample[2] == 3 && std::min(f.sample[0], f.sample[1]) >= 48;
  std::string network;
  if (transfer) {
    network =
        fmt::format("vgg16(include_top=false, weights=imagenet) | global_average_pooling2d | dense({}, relu) | {}", head_units, dropout);
    out.settings.push_back({.flag = "freeze", .values = {"block*"}});
    out.reasons.emplace_back("VGG-16's weights are here and the images are large enough: its convolutions as they are, a new head");
  } else if (stages > 0) {
    network = image_network(stages);
    out.reasons.push_back(fmt::format("images: 1 to {} convolutional blocks, an MLP, or a small VGG, chosen like any other value", stages));
  } else {
    network = rows_network();
    out.reasons.emplace_back("rows of numbers: one to three dense layers behind a batch normalization");
  }
  out.settings.push_back({.flag = "model", .values = {network + " | " + last_layer(f)}});
  out.settings.push_back({.flag = "optimizer",
                          .values = {"rule:choice(adam(learning_rate:float(1e-4, 1e-2, sampling=log)), "
                                     "sgd(sgd_rate:float(1e-3, 1e-1, sampling=log), momentum=0.9))"}});
  out.settings.push_back({.flag = "batch-size", .values = {batch_sizes(f.rows)}});
  out.reasons.emplace_back("adam or sgd with momentum, rates over two decades, batches for 20 to 2,000 steps an epoch");
  if (stages > 0 && f.bytes) {
    out.settings.push_back({.flag = "augment", .values = {augmentation(f)}});
    out.reasons.emplace_back(f.sample[2] == 3 ? "with and without mirrored, shifted and zoomed copies"
                                              : "with and without shifted and zoomed copies");
  }
  return out;
}

}  // namespace lehr
