// Why a network collapsed: a cause is named only where the network and its history show it.
#include "tune/collapse.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "layers/network.h"

using namespace lehr;

namespace {

constexpr double entropy = 1.1;

History losses(std::initializer_list<double> values) {
  History h;
  for (const double v : values) h.add(h.epochs(), {{"loss", v}});
  return h;
}

Network network() {
  return network_from_text("flatten | dense(8, relu, name=first) | dense(6, relu, name=second) | dense(3, softmax, name=last)");
}

Array images() {
  Array x(Shape{10, 4}, DType::f32);
  for (std::size_t i = 0; i < x.count(); ++i) x.as<float>()[i] = std::sin(static_cast<float>(i));
  return x;
}

/// The weights the run began with, changed by `change(name, values)`.
template <class F>
std::vector<LayerProbe> probes_after(F change) {
  Model model(network(), {.seed = 1});
  model.build({4});
  NamedArrays weights = model.weights();
  for (auto& entry : weights) change(entry.first, entry.second.as<float>());
  return probe_layers(network(), {.seed = 1}, weights, images());
}

bool has(const std::string& text, const std::string& word) { return text.find(word) != std::string::npos; }

}  // namespace

TEST_CASE("collapse: untouched weights have not moved and still tell images apart") {
  const auto probes = probes_after([](const std::string&, std::span<float>) {});
  REQUIRE(probes.size() == 3);
  CHECK(probes[0].name == "first");
  for (const auto& p : probes) {
    CHECK(p.moved == 0);
    CHECK(p.variation > 0.01);
    CHECK(p.silent < 1);
  }
  const std::string why = why_collapsed(probes, losses({1.1, 1.1, 1.1}), entropy);
  CHECK(has(why, "too small"));
  CHECK_FALSE(has(why, "tenth of the learning rate"));
}

TEST_CASE("collapse: dead units are found in their layer, and an explosion blames the steps") {
  const auto probes = probes_after([](const std::string& name, std::span<float> values) {
    if (name == "second/bias") std::fill(values.begin(), values.end(), -100.0F);
    if (name == "second/kernel")
      for (float& v : values) v *= -3;
  });
  CHECK(probes[1].silent == 1);
  CHECK(probes[1].moved == doctest::Approx(4));
  CHECK(probes[2].variation == 0);
  const std::string why = why_collapsed(probes, losses({5e8, 1.2, 1.1}), entropy);
  CHECK(has(why, "Layer second gives 0 for every image"));
  CHECK(has(why, "5e+08"));
  CHECK(has(why, "4.0 times"));
  CHECK(has(why, "try a tenth of the learning rate"));
}

TEST_CASE("collapse: a signal that fades in a deep network convicts no rate") {
  const std::vector<LayerProbe> probes{{.name = "a", .silent = 0.5, .variation = 0.4, .moved = 0.2},
                                       {.name = "b", .silent = 0.5, .variation = 0.02, .moved = 0.3},
                                       {.name = "c", .silent = 0.5, .variation = 1e-4, .moved = 0.3}};
  const std::string why = why_collapsed(probes, losses({1.2, 1.1, 1.1}), entropy);
  CHECK(has(why, "From layer c on"));
  CHECK(has(why, "b before it still varies by 2 %"));
  CHECK(has(why, "does not convict the learning rate"));
}
