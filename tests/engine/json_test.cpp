// JSON: order, exact numbers, damaged texts, and specs as Keras's config.
#include "engine/json.h"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "engine/number_text.h"
#include "engine/spec/activation.h"
#include "engine/spec/help.h"
#include "engine/spec/json.h"
#include "engine/spec/parse.h"
#include "engine/spec/search.h"
#include "engine/utf8.h"

using namespace lehr;

namespace {

struct Decay {
  static constexpr SpecInfo info{.name = "cosine_decay", .class_name = "CosineDecay"};
  double initial_learning_rate = 0.1;
  int decay_steps = 10;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("initial_learning_rate", self.initial_learning_rate, "first rate");
    f("decay_steps", self.decay_steps, "length");
  }
};

struct Dense {
  static constexpr SpecInfo info{
      .name = "dense", .class_name = "Dense", .summary = "fully connected layer", .formula = "y = f(x . W + b)\nfor every row"};
  Required<int> units = {};
  Activation activation = Activation::linear;
  bool use_bias = true;
  std::optional<std::string> name = {};
  std::vector<int> shape = {};
  Decay decay = {};
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("units", self.units, "number of outputs");
    f("activation", self.activation, "applied to the outputs");
    f("use_bias", self.use_bias, "adds b");
    f("name", self.name, "as it stands in a summary, in a weight file and in every message that says something about this one layer");
    f("shape", self.shape, "for tests");
    f("decay", self.decay, "for tests");
  }
};

std::string parse_error(std::string_view text) {
  try {
    JsonValue::parse(text, "x.json");
  } catch (const Error& error) {
    CHECK(error.info().category == Category::data);
    return error.what();
  }
  return "(no error)";
}

}  // namespace

TEST_CASE("json: writes in order, reads back") {
  const std::vector<double> losses{0.5, 0.25};
  JsonValue json = JsonValue::object({{"run", "a\"b\\\n\x01"}, {"epochs", 3}, {"best", nullptr}, {"ok", true}, {"loss", losses}});
  json["history"]["val_loss"].push_back(std::numeric_limits<double>::quiet_NaN());
  json["history"]["empty"] = JsonValue::array();
  json["none"] = JsonValue::object();
  CHECK(
      json.text() ==
      R"({"run":"a\"b\\\n\u0001","epochs":3,"best":null,"ok":true,"loss":[0.5,0.25],"history":{"val_loss":[null],"empty":[]},"none":{}})");
  CHECK(JsonValue::object({{"a", losses}, {"b", JsonValue::object({{"c", 1}})}}).text(2) ==
        "{\n  \"a\": [0.5, 0.25],\n  \"b\": {\n    \"c\": 1\n  }\n}");
  const JsonValue back = JsonValue::parse(json.text(2));
  CHECK(back.text() == json.text());
  CHECK(back == JsonValue::parse(back.text()));
  CHECK(back.at("epochs").integer() == 3);
  CHECK(std::isnan(back.at("history").at("val_loss").at(0).number()));
  CHECK(back.find("nothing") == nullptr);
  CHECK(JsonValue(std::optional<int>{}).is_null());
  CHECK(JsonValue(std::vector<std::string>{"a"}).text() == "[\"a\"]");
  CHECK(JsonValue("\xFFz").text() == "\"\xEF\xBF\xBDz\"");
}

TEST_CASE("json: numbers keep their bits") {
  std::mt19937_64 random(11);
  for (int i = 0; i < 20000; ++i) {
    const auto value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;
    const JsonValue back = JsonValue::parse(JsonValue(value).text());
    REQUIRE(back.kind() == JsonValue::Kind::number);
    REQUIRE(std::bit_cast<std::uint64_t>(back.number()) == std::bit_cast<std::uint64_t>(value));
    const auto single = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    if (std::isfinite(single)) REQUIRE(static_cast<float>(*parse_number(number_text(single))) == single);
  }
  // as Python prints them
  CHECK(number_text(1e-4) == "0.0001");
  CHECK(number_text(1e-5) == "1e-05");
  CHECK(number_text(1e16) == "1e+16");
  CHECK(number_text(123456789012345.0) == "123456789012345.0");
  CHECK(number_text(0.1 + 0.2) == "0.30000000000000004");
  CHECK(number_text(-0.0) == "-0.0");
  CHECK(JsonValue(std::numeric_limits<std::int64_t>::min()).text() == "-9223372036854775808");
  CHECK(JsonValue(std::numeric_limits<std::uint64_t>::max()).number() == 18446744073709551615.0);
  CHECK(JsonValue::parse("9223372036854775807").integer() == 9223372036854775807);
}

TEST_CASE("json: damaged texts and wrong types are data errors") {
  CHECK(parse_error("{\"a\": 1,\n \"b\": ]}").starts_with("x.json, line 2, column 7: this is no JSON: "));
  CHECK(parse_error("").find("this is no JSON") != std::string::npos);
  CHECK(parse_error("[1] 2").find("this is no JSON") != std::string::npos);
  CHECK(parse_error(std::string(100000, '[')).find("nested deeper than 256") != std::string::npos);
  CHECK(parse_error("\"\xFF\"").find("this is no JSON") != std::string::npos);
  CHECK_THROWS_WITH_AS(JsonValue(1).string(), "the JSON value has another type; expected a string, got a whole number.", Error);
  CHECK_THROWS_WITH_AS(JsonValue::object().at("x"), "the JSON object has no 'x'.", Error);
  CHECK_THROWS_AS(JsonValue::array().at(0), Error);
  CHECK(JsonValue::parse(R"({"a": 1, "a": 2})").at("a").integer() == 2);
}

TEST_CASE("json: cut and changed texts never crash") {
  const std::string text = R"({"a": [1, 2.5e-3, null, true, "x\u00e4\n"], "b": {"c": {}, "d": [[], [{}]]}})";
  std::mt19937 random(5);
  for (int round = 0; round < 20000; ++round) {
    std::string damaged = text.substr(0, random() % (text.size() + 1));
    for (int edits = 0; edits < 2 && !damaged.empty(); ++edits) damaged[random() % damaged.size()] = static_cast<char>(random());
    try {
      const JsonValue json = JsonValue::parse(damaged);
      REQUIRE(JsonValue::parse(json.text()) == json);
    } catch (const Error& error) {
      REQUIRE(error.info().category == Category::data);
    }
  }
}

TEST_CASE("json: an aggregate as Keras's config") {
  const Dense dense{.units = 10, .activation = Activation::softmax, .shape = {3, 4}, .decay = {.decay_steps = 20}};
  const JsonValue json = to_json(dense);
  CHECK(json.text() == R"({"class_name":"Dense","config":{"units":10,"activation":"softmax","use_bias":true,"name":null,"shape":[3,4],)"
                       R"("decay":{"class_name":"CosineDecay","config":{"initial_learning_rate":0.1,"decay_steps":20}}}})");
  CHECK(same_spec(from_json<Dense>(JsonValue::parse(json.text())), dense));
  std::vector<std::string> unknown;
  const JsonValue keras = JsonValue::parse(
      R"({"module":"keras.layers","class_name":"Dense","config":{"name":"dense_1","trainable":true,"dtype":{"module":"keras",)"
      R"("class_name":"DTypePolicy","config":{"name":"float32"}},"units":4,"activation":"relu"},"registered_name":null})");
  const auto read = from_json<Dense>(keras, &unknown);
  CHECK(read.units == 4);
  CHECK(read.activation == Activation::relu);
  CHECK(read.name == "dense_1");
  CHECK(unknown == std::vector<std::string>{"trainable", "dtype"});
  try {
    from_json<Dense>(keras, nullptr, "model.keras");
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.info().category == Category::data);
    CHECK(error.info().where == "model.keras");
    CHECK(error.info().what == "dense has no key 'trainable'");
  }
}

TEST_CASE("json: every tree reads back") {
  for (const char* text : {"conv2d(32, 3x3, activation=relu) | flatten | dense(10)", "f(none, true, 'a b', [1, [2.5]], g(h()))",
                           "bn:boolean", "opt:choice(sgd(lr:float(1e-5, 1e-2, sampling='log')), adam())"}) {
    CAPTURE(text);
    const SpecValue tree = parse_spec(text);
    const JsonValue json = spec_to_json(tree);
    CHECK(spec_to_json(spec_from_json(JsonValue::parse(json.text()))) == json);
  }
}

TEST_CASE("help: text within 100 columns and JSON from the field list") {
  const Catalogue<Dense> layers("layer", {Catalogue<Dense>::entry<Dense>({"fully_connected"})});
  const SpecDoc doc = layers.docs().at(0);
  CHECK(help_text(doc) == R"(dense(units, activation=linear, use_bias=true, name=none, shape=[],
      decay=cosine_decay(initial_learning_rate=0.1, decay_steps=10))
  also Dense, fully_connected

fully connected layer

  y = f(x . W + b)
  for every row

  units       a whole number; required
              number of outputs
  activation  linear | relu | relu6 | leaky_relu | elu | selu | sigmoid | tanh | softplus | softsign
              | log_sigmoid | silu | gelu | hard_sigmoid | hard_silu | mish | exponential | softmax
              | log_softmax; default linear
              applied to the outputs
  use_bias    true or false; default true
              adds b
  name        text or none; default none
              as it stands in a summary, in a weight file and in every message that says something
              about this one layer
  shape       a list [...]: a whole number each; default []
              for tests
  decay       cosine_decay(...); default cosine_decay(initial_learning_rate=0.1, decay_steps=10)
              for tests
)");
  const JsonValue json = help_json(doc);
  CHECK(json.at("parameters").at(0).at("default").is_null());
  CHECK(json.at("parameters").at(1).at("default").string() == "linear");
  CHECK(catalogue_text("Layers", layers.docs()) == "Layers\n\n  dense  fully connected layer\n");
  CHECK(catalogue_json(layers.docs()).size() == 1);
  CHECK(wrapped("aa bb cc", 5, 2) == "aa bb\n  cc");
}

TEST_CASE("search: finds, replaces and renames the searched values of a spec") {
  const SpecValue tree = parse_spec("dense(bn:boolean, units=u:int(1, 9)) | opt:choice(sgd(lr:float(0, 1)), adam)");
  std::vector<std::string> names;
  for (const auto* value : searched_values(tree)) names.push_back(value->text);
  CHECK(names == std::vector<std::string>{"bn", "u", "opt", "lr"});
  const SpecValue chosen = with_chosen(tree, [](const SpecValue& searched) {
    if (searched.text == "opt") return searched.items[0].items[0];
    return searched.text == "lr" ? SpecValue::of(0.5) : searched.text == "bn" ? SpecValue::of(true) : SpecValue::of(3);
  });
  CHECK(chosen.print() == "dense(true, units=3) | sgd(0.5)");
  CHECK(searched_values(chosen).empty());
  CHECK(with_chosen(parse_spec("a | x:choice(b | c, d)"), [](const SpecValue& s) { return s.items[0].items[0]; }) ==
        parse_spec("a | b | c"));
  CHECK(with_suffix(parse_spec("conv2d(f:choice(32, 64), 3)"), "_0").print() == "conv2d(f_0:choice(32, 64), 3)");
  CHECK_THROWS_AS(with_chosen(parse_spec("x:boolean"), [](const SpecValue& s) { return s; }), Error);
}

TEST_CASE("utf8: lengths and repair") {
  CHECK(utf8_length("\xE2\x82\xAC", 0) == 3);
  CHECK(utf8_length("\xC0\x80", 0) == 0);      // overlong
  CHECK(utf8_length("\xED\xA0\x80", 0) == 0);  // surrogate
  CHECK(utf8_length("\xF4\x90\x80\x80", 0) == 0);
  CHECK(utf8_length("\xE2\x82", 0) == 0);
  CHECK(valid_utf8("a\xC3(") == "a\xEF\xBF\xBD(");
  CHECK(utf8_columns("\xC3\xA4\xE2\x82\xAC\xFF") == 3);
}
