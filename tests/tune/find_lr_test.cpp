// The learning-rate range test: what it sees, what it suggests (fastai's own numbers), and that it leaves no trace.
#include "tune/find_lr.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/atomic_file.h"
#include "engine/json.h"
#include "engine/spec/parse.h"
#include "optim/catalogue.h"
#include "optim/sgd.h"
#include "tests/check/small_training.h"
#include "tune/find_lr_job.h"

using namespace lehr;

namespace {

std::vector<double> numbers(const JsonValue& list) {
  std::vector<double> out;
  for (const auto& v : list.elements()) out.push_back(v.is_null() ? std::numeric_limits<double>::quiet_NaN() : v.number());
  return out;
}

/// Everything that a further fit depends on.
std::vector<float> all_of(const Model& model) {
  auto out = model.state().snapshot();
  std::vector<float> slots(model.state().slots().bytes() / sizeof(float));
  if (!slots.empty()) model.backend().copy_out(slots.data(), model.state().slots().data, slots.size() * sizeof(float));
  out.insert(out.end(), slots.begin(), slots.end());
  const auto counters = model.state().read_counters();
  out.push_back(static_cast<float>(counters.step));
  return out;
}

}  // namespace

TEST_CASE("find-lr: suggestions are those of fastai's own functions") {
  const JsonValue cases = JsonValue::parse(read_file(std::string(LEHR_TESTS_DIR) + "/golden/lr_finder.json"), "golden");
  REQUIRE(cases.size() == 8);
  for (const auto& c : cases.elements()) {
    const RateTrace trace{.rates = numbers(c.at("rates")), .losses = numbers(c.at("smoothed")), .smoothed = numbers(c.at("smoothed"))};
    const RateSuggestions found = suggest_rates(trace, c.at("steps").integer());
    CAPTURE(c.at("steps").integer());
    CHECK(found.valley.value() == doctest::Approx(c.at("valley").number()).epsilon(1e-6));
    CHECK(found.minimum.value() == doctest::Approx(c.at("minimum").number()).epsilon(1e-6));
    CHECK(found.steepest.value() == doctest::Approx(c.at("steep").number()).epsilon(1e-6));
    CHECK(found.stable.value() > found.valley.value());
  }
}

TEST_CASE("find-lr: max stable is where a quarter of the descent is lost again; too few steps suggest nothing") {
  RateTrace trace;
  for (int i = 0; i < 30; ++i) {
    trace.rates.push_back(i + 1);
    trace.losses.push_back(i < 20 ? 2 - 0.05 * i : 1.05 + 0.1 * (i - 19));
    trace.smoothed = trace.losses;
  }
  // 2 at the begin, about 1.05 at rate 20, then up by 0.1 a step: a quarter of 0.95 is gone after two more.
  CHECK(suggest_rates(trace, 30).stable.value() == doctest::Approx(22).epsilon(0.06));
  const RateTrace few{.rates = {1, 2, 3}, .losses = {1, 1, 1}, .smoothed = {1, 1, 1}};
  for (const auto& rate : in_order(suggest_rates(few, 100))) CHECK_FALSE(rate.has_value());
}

TEST_CASE("find-lr: rates, the loss of every batch, and the stop on the device where it diverges") {
  const Dataset data = check::small_dataset(40);
  Model model = check::small_model(SGD{.learning_rate = 0.1});
  model.build(data.sample_shape());
  const RateTrace t = range_test(model, data, {.from = 1e-4, .to = 1e-1, .steps = 30, .batch_size = 8});
  REQUIRE(t.rates.size() == 30);
  CHECK_FALSE(t.diverged);
  CHECK(t.rates[0] == 1e-4);
  CHECK(t.rates[10] == doctest::Approx(1e-3));
  CHECK(t.losses[0] == doctest::Approx(t.smoothed[0]).epsilon(1e-12));  // (1 - beta) * loss / (1 - beta)
  CHECK(t.losses[0] == doctest::Approx(std::log(4.0)).epsilon(0.5));
  const RateTrace linear = range_test(model, data, {.from = 1, .to = 3, .steps = 10, .growth = RateGrowth::linear, .batch_size = 8});
  CHECK(linear.rates[5] == doctest::Approx(2));
  CHECK(linear.losses[0] == t.losses[0]);  // the model is what it was
  const RateTrace wild = range_test(model, data, {.from = 1e-2, .to = 1e6, .steps = 60, .batch_size = 8});
  CHECK(wild.diverged);
  CHECK(wild.rates.size() < 60);
  // The step that stopped is the last one, whenever the host asks: nothing follows it, and no step before it would have stopped.
  for (const double to : {1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9}) {
    CAPTURE(to);
    const RateTrace r = range_test(model, data, {.from = 1e-2, .to = to, .steps = 60, .batch_size = 8});
    REQUIRE(r.losses.size() <= 60);
    double best = r.smoothed[0];
    for (std::size_t k = 0; k < r.losses.size(); ++k) {
      best = std::min(best, r.smoothed[k]);
      CHECK((!std::isfinite(r.losses[k]) || r.smoothed[k] > 4 * best) == (r.diverged && k + 1 == r.losses.size()));
    }
  }
  CHECK_THROWS_AS(range_test(model, data, {.from = 0}), Error);
  CHECK_THROWS_AS(range_test(model, data, {.from = 1, .to = 0.1}), Error);
  CHECK_THROWS_AS(range_test(model, data, {.steps = 3}), Error);
}

TEST_CASE("find-lr: weights, statistics, optimizer and random streams come back bit for bit, and a fit goes on as if nothing had been") {
  const Dataset data = check::small_dataset(40);
  for (const char* text :
       {"adam(1e-3)", "sgd(0.05, momentum=0.9)", "adam(1e-3, use_ema=true)", "schedule_free_adamw(1e-3)", "muon(1e-3)"}) {
    CAPTURE(text);
    const Optimizer optimizer = optimizer_catalogue().from(parse_spec(text, "optimizer"));
    Model plain = check::small_model(optimizer), tested = check::small_model(optimizer);
    for (Model* model : {&plain, &tested}) model->fit(data, {.epochs = 2, .batch_size = 8});
    const auto before = all_of(tested);
    REQUIRE(before == all_of(plain));
    const RateTrace wild = range_test(tested, data, {.from = 1e-4, .to = 1e4, .steps = 40, .batch_size = 8});
    CHECK(wild.rates.size() > 5);
    CHECK(all_of(tested) == before);
    for (Model* model : {&plain, &tested}) model->fit(data, {.epochs = 2, .batch_size = 8});
    CHECK(all_of(tested) == all_of(plain));
  }
  // Before any fit as well, and where it is interrupted in its middle.
  Model fresh = check::small_model(), other = check::small_model();
  for (Model* model : {&fresh, &other}) model->build(data.sample_shape());
  CHECK_THROWS_AS(range_test(fresh, data, {.steps = 40, .batch_size = 8, .interrupted = [] { return true; }}), Error);
  for (Model* model : {&fresh, &other}) model->fit(data, {.epochs = 1, .batch_size = 8});
  CHECK(all_of(fresh) == all_of(other));
}

TEST_CASE("find-lr: bands over seeds, and candidates that are apart") {
  std::vector<RateTrace> traces;
  for (const double turn : {1e-3, 1e-2, 1e-1}) {
    RateTrace t;
    for (int i = 0; i < 100; ++i) {
      const double rate = 1e-6 * std::pow(10.0, i / 14.0);
      t.rates.push_back(rate);
      t.losses.push_back(2 / (1 + rate / turn * 5) + rate / turn * 0.05);
    }
    t.smoothed = t.losses;
    traces.push_back(std::move(t));
  }
  const auto bands = bands_of(traces, 100);
  REQUIRE(bands.size() == 4);
  for (const auto& band : bands) {
    CAPTURE(band.name);
    CHECK(*band.low < *band.middle);
    CHECK(*band.middle < *band.high);
    // Half of the way down in log(rate), all of it from one begin: the valley moves by the root.
    CHECK(*band.high / *band.low == doctest::Approx(band.name == "valley" ? 10 : 100).epsilon(0.4));
  }
  const auto one = [](const char* name, double rate) { return RateBand{.name = name, .low = rate, .middle = rate, .high = rate}; };
  const auto candidates = candidates_of({one("a", 1e-2), one("b", 1.03e-2), one("c", 1e-3), {.name = "d"}});
  REQUIRE(candidates.size() == 2);
  CHECK(candidates[0].rate == doctest::Approx(1e-3));
  CHECK(candidates[1].name == "a = b");
}
