// model.summary() of real Keras (tests/golden/make_summaries.py), letter for letter.
#include "layers/keras_summary.h"

#include <doctest/doctest.h>

#include "kernels/error.h"
#include "layers/keras_config.h"
#include "layers/text_table.h"
#include "tests/check/golden.h"

using namespace lehr;

namespace {

JsonValue golden(const char* kind) {
  const std::string file = std::string(LEHR_TESTS_DIR) + "/golden/keras/" + kind;
  return JsonValue::parse(read_file(file), file);
}

const JsonValue& config_of(const JsonValue& models, const JsonValue& row) {
  if (row.at("config").is_object()) return row.at("config");
  for (const auto& model : models.elements())
    if (model.at("name").string() == row.at("name").string()) return model.at("config");
  throw Error({.where = "models.json", .what = "no such model", .got = row.at("name").string()});
}

}  // namespace

TEST_CASE("golden: summaries are Keras's") {
  const JsonValue models = golden("models.json"), rows = golden("summaries.json");
  std::size_t compared = 0;
  for (const auto& row : rows.elements()) {
    const std::string name = row.at("name").string();
    CAPTURE(name);
    if (name == "operations") continue;  // keras.ops.sigmoid(x) is an Activation layer here
    const Network network = network_from_keras_config(config_of(models, row), name);
    const JsonValue& length = row.at("line_length");
    CHECK(keras_summary(BuiltNetwork(network, *network.input_shape()),
                        {.line_length = length.is_null() ? std::nullopt : std::optional<int>(static_cast<int>(length.integer()))}) ==
          row.at("text").string());
    ++compared;
  }
  CHECK(compared >= 50);
}

TEST_CASE("summary: a chain of layers in a text is a Sequential model, anything else a Functional one") {
  const auto first_line = [](const std::string& text) {
    const Network network = network_from_text(text);
    const std::string summary = keras_summary(BuiltNetwork(network, {4, 4, 1}));
    return summary.substr(0, summary.find('\n'));
  };
  CHECK(first_line("flatten | dense(3)") == "Model: \"sequential\"");
  CHECK(first_line("add(identity, conv2d(1, 1)) | flatten") == "Model: \"functional\"");
  CHECK(first_line("operation(multiply, constant=2) | flatten") == "Model: \"functional\"");
  CHECK(first_line("lecture_mlp") == "Model: \"lecture_mlp\"");
  const Network chain = network_from_text("flatten | dense(3)");
  CHECK(keras_config(chain, {4, 4, 1}).at("class_name").string() == "Sequential");
}

TEST_CASE("summary: words that do not fit") {
  CHECK(wrapped("conv (Conv2D)", 20) == std::vector<std::string>{"conv (Conv2D)"});
  CHECK(wrapped("conv (Conv2D)", 8) == std::vector<std::string>{"conv", "(Conv2D)"});
  CHECK(wrapped("conv (Conv2D)", 6) == std::vector<std::string>{"conv", "(Conv…"});
  CHECK(wrapped("", 6) == std::vector<std::string>{""});
  CHECK(wrapped("größe", 4) == std::vector<std::string>{"grö…"});
  const Network network = network_from_text("flatten | dense(3)");
  CHECK_THROWS_AS(keras_summary(BuiltNetwork(network, {4, 4, 1}), {.line_length = 15}), Error);
}
