// Values to be searched: what KerasTuner's own tests say about them, conditional values, and all that the lecture names in one spec.
#include "tune/space/space.h"

#include <doctest/doctest.h>

#include <set>

#include "engine/spec/parse.h"
#include "kernels/philox.h"
#include "layers/catalogue.h"
#include "optim/catalogue.h"
#include "tune/space/hyper_parameters.h"
#include "tune/space/search_spec.h"

using namespace lehr;

namespace {

Space space_of_text(const std::string& text) { return space_of({{.flag = "model", .values = {text}}}); }
Hyperparameter only(const std::string& text) { return space_of_text(text).parameters().at(0); }

Values random_values(const Space& space, std::uint64_t seed) {
  std::uint64_t element = 0;
  return space.fill([&](const Hyperparameter& p) { return p.at(uniform01(random_word({.seed = seed, .stream = 99}, 0, element++))); });
}

std::string error_of(const std::string& text) {
  try {
    space_of_text(text);
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("positions and values are KerasTuner's") {
  CHECK(only("n:int(5, 9, step=1, default=6)").position(6) == doctest::Approx(0.3));
  CHECK(only("n:int(5, 9, default=6)").default_value() == 6);
  CHECK(only("n:int(2, 1024, sampling=log)").grid().size() == 10);
  const auto log_step = only("x:float(0.01, 100, step=10, sampling=log)");
  CHECK(log_step.position(0.1) == doctest::Approx(0.3));
  CHECK(log_step.at(0.3) == doctest::Approx(0.1));
  CHECK(log_step.grid().size() == 5);
  const auto reverse = only("x:float(0.01, 100, step=10, sampling=reverse_log)");
  CHECK(reverse.position(99.91) == doctest::Approx(0.3));
  CHECK(reverse.at(0.3) == doctest::Approx(99.91));
  CHECK(only("x:float(2, 2)").at(0.7) == 2);
  CHECK(only("x:float(2, 2)").position(2) == 0.5);
  CHECK(only("x:float(2, 8, step=2)").grid() == std::vector<double>{2, 4, 6, 8});
  CHECK(only("c:choice(1, 2, 3)").position(0) == doctest::Approx(1.0 / 6));
  CHECK(only("c:choice(1, 2, 3)").ordered);
  CHECK(!only("c:choice(a, b)").ordered);
  CHECK(only("b:boolean").position(1) == 0.75);
}

TEST_CASE("every value of a space comes back from its position") {
  for (const char* text : {"n:int(32, 512, step=32)", "n:int(1, 100, sampling=log)", "x:float(1e-5, 1e-1, sampling=log)", "x:float(-1, 1)",
                           "x:float(0, 1, step=0.25)", "n:int(1, 64, step=2, sampling=log)", "x:float(0.1, 10, sampling=reverse_log)",
                           "c:choice(a, 2, true, none)"}) {
    CAPTURE(text);
    const auto p = only(text);
    for (int i = 0; i < 400; ++i) {
      const double value = p.at(i / 400.0);
      CHECK(p.allows(value));
      CHECK(p.at(p.position(value)) == doctest::Approx(value).epsilon(1e-9));
      CHECK(p.from_json(p.json(value)).value() == value);
    }
  }
}

TEST_CASE("a grid visits as many points as KerasTuner's") {
  CHECK(space_of_text("f(a:int(1, 5), b:float(1, 2))").grid(1000)->size() == 55);
  CHECK(space_of_text("f(a:choice(1, 2), b:boolean, c:choice(x, y), d:choice(1, 2, 3))").grid(1000)->size() == 24);
  // (a boolean with a choice of two in either branch) twice
  CHECK(space_of_text("f(a:choice(p(x:choice(1, 2)), q(y:choice(1, 2))), b:choice(p(z:choice(1, 2)), q(w:choice(1, 2))))")
            .grid(1000)
            ->size() == 16);
  const auto grid = *space_of_text("f(a:int(1, 3, default=2), b:boolean)").grid(100);
  CHECK(grid[0] == space_of_text("f(a:int(1, 3, default=2), b:boolean)").defaults());
  CHECK(*grid[1].find("b") == 1);
  CHECK(*grid[2].find("a") == 1);
}

TEST_CASE("counting: finite, conditional, endless") {
  CHECK(space_of_text("f(units:int(32, 512, step=32), lr:choice(1e-2, 1e-3, 1e-4))").count() == 48);
  CHECK(space_of_text("f(n:int(1, 1000, sampling=log))").count() == 1000);
  CHECK(space_of_text("f(n:int(1, 1000, sampling=log))").points(2000)->size() == 1000);
  CHECK(!space_of_text("f(x:float(0, 1))").count());
  CHECK(space_of_text("repeat(n:int(1, 3), dense(u:choice(8, 16))) | dense(10)").count() == 2 + 4 + 8);
}

TEST_CASE("a repetition's values are those of its copies") {
  const std::string text = "repeat(n:int(1, 3), dense(units:choice(32, 64)) | dropout(0.2)) | dense(10, softmax)";
  const Space space = space_of_text(text);
  REQUIRE(space.parameters().size() == 4);
  CHECK(space.parameters()[1].conditions.empty());
  CHECK(space.parameters()[3].text() == "units_2:choice(32, 64, ordered=true) if n in {3.0}");
  Values values;
  values.set("n", 2);
  values.set("units_0", 1);
  values.set("units_1", 0);
  CHECK(text_with_values(text, "--model", space, values) == "dense(64) | dropout(0.2) | dense(32) | dropout(0.2) | dense(10, softmax)");
  values.set("n", 3);
  CHECK_THROWS_AS(text_with_values(text, "--model", space, values), Error);
}

TEST_CASE("one name, one value; two meanings are refused") {
  const Space twice = space_of_text("dense(u:int(1, 8)) | dense(u:int(1, 8))");
  CHECK(twice.parameters().size() == 1);
  CHECK(error_of("dense(u:int(1, 8)) | dense(u:int(1, 9))").find("stands twice") != std::string::npos);
  CHECK(error_of("dense(u:int(9, 1))").find("no range") != std::string::npos);
  CHECK(error_of("dense(u:float(0, 1, sampling=log))").find("logarithms") != std::string::npos);
  CHECK(error_of("dense(u:int(1, 9, stp=2))").find("step") != std::string::npos);
  CHECK(error_of("dense(u:int(1, 9, default=12))").find("default") != std::string::npos);
  CHECK(error_of("dense(u:choice(a, a))").find("twice") != std::string::npos);
}

TEST_CASE("a value met in two alternatives is active in both") {
  const Space space = space_of_text("f(o:choice(sgd(lr:float(1e-4, 1, sampling=log)), adam(lr:float(1e-4, 1, sampling=log)), none))");
  REQUIRE(space.parameters().size() == 2);
  CHECK(space.parameters()[1].conditions.size() == 2);
  Values values;
  values.set("o", 2);
  CHECK(!space.active(space.parameters()[1], values));
  values.set("o", 1);
  CHECK(space.active(space.parameters()[1], values));
}

TEST_CASE("canonical text and hash do not depend on how the spec was typed") {
  const Space a = space_of_text("dense(units:int(32,512,step=32))"), b = space_of_text("dense(  units:int( 32, 512, step = 32 ) )");
  const Space c = space_of_text("dense(units:int(32, 512, step=64))");
  CHECK(a.hash() == b.hash());
  CHECK(a.hash() != c.hash());
  CHECK(difference(a, b).empty());
  CHECK(difference(a, c) == "- units:int(32, 512, step=32)\n+ units:int(32, 512, step=64)\n");
}

TEST_CASE("all fifteen hyperparameters that the lecture lists, in one search") {
  const std::vector<Setting> settings = {
      {.flag = "model",
       .values = {"repeat(conv_layers:int(1, 3), conv2d(filters:choice(4, 8), kernel_size=kernel:choice(3, 5), "
                  "padding=padding:choice(same, valid), "
                  "activation=conv_activation:choice(relu, tanh)) | max_pooling2d(pool_size=2, padding=same)) | flatten | "
                  "repeat(dense_layers:int(1, 2), dense(units:int(8, 32, step=8), activation:choice(relu, selu, sigmoid), "
                  "kernel_initializer=init:choice(glorot_uniform, he_normal, zeros))) | "
                  "repeat(dropout_layers:int(0, 2), dropout(rate:float(0.1, 0.5))) | dense(10, softmax)"}},
      {.flag = "optimizer", .values = {"optimizer:choice(adam, sgd(momentum=momentum:float(0, 0.99)), rmsprop(rho=rho:float(0.8, 0.99)))"}},
      {.flag = "learning-rate", .values = {"learning_rate:float(1e-5, 1e-1, sampling=log)"}},
      {.flag = "batch-size", .values = {"batch:choice(16, 32, 64)"}},
      {.flag = "epochs", .values = {"epochs:int(1, 3)"}},
      {.flag = "preprocess", .values = {"preprocess:choice(none, vgg16)"}},
      {.flag = "data", .values = {"lfw62/Train:1.zip"}},
  };
  const Space space = space_of(settings);
  std::set<std::string> searched;
  for (const auto& p : space.parameters()) {
    const auto copy = p.name.find_last_of('_');
    const bool numbered = copy != std::string::npos && copy + 2 == p.name.size() && std::isdigit(static_cast<unsigned char>(p.name.back()));
    searched.insert(numbered ? p.name.substr(0, copy) : p.name);
  }
  for (const char* name : {"learning_rate", "batch", "epochs", "conv_layers", "filters", "kernel", "padding", "dense_layers", "units",
                           "conv_activation", "dropout_layers", "rate", "optimizer", "momentum", "init"}) {
    CAPTURE(name);
    CHECK(searched.contains(name));
  }
  std::set<std::string> texts;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const Values values = random_values(space, seed);
    const auto chosen = settings_with_values(settings, space, values);
    for (const auto& s : chosen) CHECK(!searches(s.values[0], "--" + s.flag));
    CHECK(chosen[6] == settings[6]);
    texts.insert(chosen[0].values[0]);
    const Network net = network_from_text(chosen[0].values[0]);  // every point is a network that can be built
    const BuiltNetwork built(net, {32, 32, 3});
    CHECK(built.output().elements() == 10);
    CHECK_NOTHROW(optimizer_catalogue().from(parse_spec(chosen[1].values[0], "--optimizer")));
    CHECK_NOTHROW(spec_number(parse_spec(chosen[2].values[0], "--learning-rate")));
    CHECK_NOTHROW(spec_integer(parse_spec(chosen[3].values[0], "--batch-size"), 1, 64));
  }
  CHECK(texts.size() > 50);
}

TEST_CASE("a space written in C++ is the one written as a spec") {
  const auto build = [](HyperParameters& hp) {
    hp.Int("units", 32, 512, {.step = 32});
    hp.Choice("learning_rate", {1e-2, 1e-3, 1e-4});
  };
  const Space space = discover(build);
  CHECK(space.text() == space_of_text("f(units:int(32, 512, step=32), learning_rate:choice(0.01, 0.001, 0.0001))").text());
  Values values;
  values.set("units", 320);
  values.set("learning_rate", 1);
  HyperParameters hp(values);
  CHECK(hp.Int("units", 32, 512, {.step = 32}) == 320);
  CHECK(hp.Choice("learning_rate", {1e-2, 1e-3, 1e-4}) == 1e-3);
}

TEST_CASE("values that a C++ function asks for under a condition depend on it") {
  const Space space = discover([](HyperParameters& hp) {
    const auto layers = hp.Int("layers", 1, 3);
    for (std::int64_t i = 0; i < layers; ++i) hp.Int("units_" + std::to_string(i), 8, 64, {.step = 8});
    if (hp.Choice("optimizer", {"adam", "sgd"}) == "sgd") {
      if (hp.Boolean("nesterov")) hp.Float("momentum", 0.5, 0.9);
    } else {
      hp.Float("beta", 0.9, 0.999);
    }
    const auto scope = hp.conditional_scope("optimizer", {SpecValue::of("adam")});
    hp.Boolean("amsgrad");
  });
  const auto conditions = [&](const char* name) {
    const std::string text = space.at(name).text();
    const auto at = text.find(" if ");
    return at == std::string::npos ? std::string() : text.substr(at + 4);
  };
  CHECK(conditions("units_0").empty());
  CHECK(conditions("units_1") == "layers in {2.0, 3.0}");
  CHECK(conditions("units_2") == "layers in {3.0}");
  CHECK(conditions("nesterov") == "optimizer in {1.0}");
  CHECK(conditions("momentum") == "optimizer in {1.0} and nesterov in {1.0}");
  CHECK(conditions("beta") == "optimizer in {0.0}");
  CHECK(conditions("amsgrad") == "optimizer in {0.0}");
}
