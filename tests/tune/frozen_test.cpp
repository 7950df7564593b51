// Frozen layers: as in Keras, their weights stay, and a frozen BatchNormalization runs in inference mode (tests/golden/make_frozen.py).
#include <doctest/doctest.h>

#include <cmath>

#include "engine/atomic_file.h"
#include "engine/data/npz.h"
#include "engine/json.h"
#include "optim/sgd.h"
#include "tune/model.h"

using namespace lehr;

namespace {

const std::string folder = std::string(LEHR_TESTS_DIR) + "/golden/training/";

Network network() {
  Network net = network_from_text(
      "conv2d(6, 3, padding=same, name=base_conv) | batch_normalization(name=base_norm) | relu | max_pooling2d | conv2d(8, 3, "
      "name=top_conv) | "
      "batch_normalization(name=top_norm) | relu | global_average_pooling2d | dense(4, softmax)");
  net.set_input_shape(Shape{12, 12, 3});
  return net;
}

}  // namespace

TEST_CASE("fine-tuning on a frozen base is Keras's, and the base keeps every bit") {
  const NamedArrays data = read_npz(folder + "data.npz");
  const Array &x = *find_array(data, "x"), &y = *find_array(data, "y");
  const Dataset train{.x = x.rows(0, 72), .y = y.rows(0, 72)}, validation{.x = x.rows(72, 96), .y = y.rows(72, 96)};
  Network net = network();
  CHECK(net.freeze("base_*") == 2);
  Model model(net, {.optimizer = SGD{.learning_rate = 0.02, .momentum = 0.9}});
  model.load_weights(folder + "frozen.weights.h5");
  const NamedArrays before = model.weights();
  const History history = model.fit(train, {.epochs = 3, .batch_size = 16, .validation_data = &validation, .shuffle = false});
  const JsonValue recorded = JsonValue::parse(read_file(folder + "frozen.json"), "frozen.json");
  for (const char* column : {"loss", "val_loss"})
    for (std::size_t i = 0; i < 3; ++i)
      CHECK(std::abs(history.at(column, static_cast<std::int64_t>(i)) - recorded.at("history").at(column).at(i).number()) < 2e-5);
  const NamedArrays after = model.weights();
  REQUIRE(after.size() == before.size());
  for (std::size_t i = 0; i < after.size(); ++i) {
    CAPTURE(after[i].first);
    const auto a = before[i].second.as<float>(), b = after[i].second.as<float>();
    const bool same = std::equal(a.begin(), a.end(), b.begin(), b.end());
    CHECK(same == after[i].first.starts_with("base_"));
  }
}
