// Schedules against Keras's own values and tests, PyTorch's one-cycle, and the lecture's functions as Keras feeds them.
#include <doctest/doctest.h>

#include <cmath>
#include <map>

#include "engine/spec/parse.h"
#include "optim/adam.h"
#include "optim/epoch_schedules.h"
#include "optim/keras_schedules.h"
#include "optim/ramps.h"
#include "tests/check/golden.h"
#include "tests/check/round_trip.h"

using namespace lehr;

namespace {

Schedule made(const std::string& text) { return schedule_from_text(text, "test"); }

/// The first step's rate of every epoch.
std::vector<double> epochs_of(const Schedule& schedule, const ScheduleRun& run) {
  std::vector<double> out;
  const auto curve = schedule.curve(run);
  for (std::int64_t e = 0; static_cast<double>(e) < run.epochs; ++e) out.push_back(curve->at(e * run.steps_per_epoch));
  return out;
}

}  // namespace

TEST_CASE("golden: Keras's schedules, 82 steps each") {
  const JsonValue cases = JsonValue::parse(read_file(LEHR_TESTS_DIR "/golden/keras/schedules.json"), "schedules.json");
  check::Book book("schedules.json");
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const JsonValue& c = cases.at(i);
    const std::string class_name = c.at("cls").string();
    CAPTURE(class_name);
    const auto curve = schedule_from(check::recorded_spec(class_name, c.at("config"))).curve({});
    std::vector<double> got;
    for (const auto& step : c.at("steps").elements()) got.push_back(static_cast<double>(static_cast<float>(curve->at(step.integer()))));
    const auto want = check::flat(c.at("values"));
    const double scale = *std::max_element(want.begin(), want.end());
    double used = 0;
    for (std::size_t k = 0; k < want.size(); ++k) used = std::max(used, std::abs(got[k] - want[k]) / (2e-6 * scale));
    CHECK_MESSAGE(used <= 1, class_name, ": ", 100 * used, " % of the tolerance");
    book.ran(std::to_string(i), used);
  }
  book.close("schedules");
}

TEST_CASE("golden: the schedule cases of Keras's own tests") {
  const JsonValue cases = JsonValue::parse(read_file(LEHR_TESTS_DIR "/golden/keras/upstream.json"), "upstream.json");
  check::Book book("upstream.json");
  for (const auto& c : cases.elements()) {
    const std::string id = c.at("id").string(), component = c.at("component").string();
    if (!component.starts_with("schedule.")) continue;
    CAPTURE(id);
    const auto curve = schedule_from(check::recorded_spec(component.substr(9), c.at("params"))).curve({});
    std::vector<double> want, steps;
    check::flatten(c.at("inputs").at("steps"), steps);
    check::flatten(c.at("expected"), want);
    std::vector<double> got;
    for (const double step : steps) got.push_back(curve->at(static_cast<std::int64_t>(step)));
    const double used = check::used_of(c.at("tolerance"), got, want);
    CHECK_MESSAGE(used <= 1, id, ": ", 100 * used, " % of the tolerance");
    book.ran(id, used);
  }
  book.close("schedules of Keras's own tests");
}

TEST_CASE("golden: one_cycle is PyTorch's OneCycleLR") {
  const JsonValue cases = JsonValue::parse(read_file(LEHR_TESTS_DIR "/golden/one_cycle.json"), "one_cycle.json");
  for (const auto& c : cases.elements()) {
    const auto schedule = schedule_from(check::recorded_spec("one_cycle", c.at("config")));
    const auto curve = schedule.curve({.epochs = c.at("steps").number(), .steps_per_epoch = 1});
    for (std::int64_t s = 0; s < c.at("steps").integer(); ++s)
      CHECK(curve->at(s) == doctest::Approx(c.at("rates").at(static_cast<std::size_t>(s)).number()).epsilon(1e-9));
  }
}

TEST_CASE("golden: schedules of the lecture, its printed code fed as Keras feeds it") {
  check::Book book("derived.json");
  // Keras hands float(float32 variable) to the function and keeps the result as float32.
  const std::map<std::string, std::string> texts{
      {"lecture.time_based", "time_based_decay(1e-6)"}, {"lecture.step", "step_decay(0.5, 15)"}, {"lecture.exp", "exponential(0.1)"}};
  const JsonValue cases = JsonValue::parse(read_file(LEHR_TESTS_DIR "/golden/keras/derived.json"), "derived.json");
  for (const auto& c : cases.elements()) {
    const auto text = texts.find(c.at("id").string());
    if (text == texts.end()) continue;
    CAPTURE(text->first);
    const auto rates = epochs_of(made(text->second), {.initial = 1e-4, .epochs = 50});
    const JsonValue* epochs = c.at("inputs").find("epochs");
    const auto want = check::flat(c.at("expected"));
    for (std::size_t k = 0; k < want.size(); ++k)
      CHECK(rates[epochs == nullptr ? k : static_cast<std::size_t>(epochs->at(k).integer())] == want[k]);
    book.ran(text->first, 0);
  }
  book.close("the lecture's schedules");

  // The figure's time-based decay is 0.01 -> 0.0061 over 100 epochs: another rate and another decay, 0.01/100, in the recursive form.
  const auto figure = epochs_of(made("time_based_decay(0.0001)"), {.initial = 0.01, .epochs = 100});
  CHECK(figure.back() == doctest::Approx(0.0061).epsilon(0.01));
  const auto closed = epochs_of(made("time_based_decay(1e-4, recursive=false)"), {.initial = 0.01, .epochs = 100});
  CHECK(closed[99] == doctest::Approx(0.01 / (1 + 99e-4)).epsilon(1e-12));
}

TEST_CASE("schedules over the whole run end where they say, and formulas say the same") {
  const ScheduleRun run{.initial = 0.4, .epochs = 40, .steps_per_epoch = 3};
  for (const auto& [name, formula] : {std::pair{"linear(0.1)", "initial + (0.1 - initial) * epoch / epochs"},
                                      {"polynomial(0.1, 3)", "(initial - 0.1) * (1 - epoch / epochs) ** 3 + 0.1"},
                                      {"cosine(0.1)", "0.1 + (initial - 0.1) / 2 * (1 + cos(pi * epoch / epochs))"},
                                      {"step_decay(0.5, 15)", "initial * 0.5 ** floor(epoch / 15)"},
                                      {"exponential(0.1)", "exp(-0.1 * epoch) * initial"},
                                      {"time_based_decay(0.01)", "lr / (1 + 0.01 * epoch)"}}) {
    const auto a = epochs_of(made(name), run), b = epochs_of(made(formula), run),
               c = epochs_of(made(std::string("'") + formula + "'"), run);
    CAPTURE(name);
    CHECK(check::distance(a, b) < 1e-12);
    CHECK(b == c);
  }
  CHECK(epochs_of(made("cosine(0.1)"), run)[20] == doctest::Approx(0.25));
  CHECK(made("linear(0)").curve(run)->at(119) == doctest::Approx(0.4 / 40));  // the same through the whole of the last epoch
  CHECK(made("step").clock() == ScheduleClock::step);
  CHECK(made("min(lr, 0.1)").clock() == ScheduleClock::epoch);
  CHECK(epochs_of(made("min(lr, 0.1)"), run)[3] == 0.1);
  CHECK(epochs_of(made("linear(0, initial=1)"), run)[0] == 1);
}

TEST_CASE("warmup: a line, then the schedule over what remains") {
  const ScheduleRun run{.initial = 1, .epochs = 100, .steps_per_epoch = 10};
  const auto curve = made("warmup(3%, cosine(0))").curve(run);
  for (std::int64_t s = 0; s < 30; ++s) CHECK(curve->at(s) == doctest::Approx(static_cast<double>(s) / 30));
  CHECK(curve->at(30) == 1);
  CHECK(curve->at(999) == doctest::Approx(0.5 * (1 + std::cos(std::acos(-1) * 96 / 97))));
  // Epochs in front of what moves every epoch, steps in front of what moves every step.
  CHECK(made("warmup(2, step_decay(0.5, 10), start=0.5)").curve(run)->at(10) == doctest::Approx(0.75));
  CHECK(made("warmup(2, step_decay(0.5, 10))").curve(run)->at(20 + 100) == 0.5);
  const auto steps = made("warmup(20, exponential_decay(0.1, 10, 0.5))").curve(run);
  CHECK(steps->at(10) == doctest::Approx(0.05));
  CHECK(steps->at(30) == doctest::Approx(0.05));
  CHECK(made("warmup(10%, 0.3)").curve(run)->at(500) == 0.3);
  CHECK(made("warmup(1, time_based_decay(0.1))").curve(run)->at(30) == doctest::Approx(1 / 1.1 / 1.2));
}

TEST_CASE("callables: (epoch) and (epoch, lr), and what the scheduler callback asks") {
  const ScheduleRun run{.initial = 0.5, .epochs = 4};
  const auto one = Schedule::of([](std::int64_t epoch) { return 1.0 / static_cast<double>(epoch + 1); });
  CHECK(epochs_of(one, run) == std::vector<double>{1, 0.5, 1.0 / 3, 0.25});
  const auto two = Schedule::of([](std::int64_t epoch, double lr) { return epoch == 0 ? lr : lr / 2; });
  CHECK(epochs_of(two, run) == std::vector<double>{0.5, 0.25, 0.125, 0.0625});
  // Between epochs something else may have changed the rate: the next one starts from that.
  const auto curve = two.curve(run);
  CHECK(two.next(*curve, run, 3, 0.2) == 0.1);
  const auto cosine = made("cosine(0)");
  const auto cosine_curve = cosine.curve(run);
  CHECK(cosine.next(*cosine_curve, run, 2, 0.2) == doctest::Approx(0.25));
}

TEST_CASE("learning rates of an optimizer: who says where a schedule starts") {
  const auto first = [](const LearningRate& rate) { return rate.curve({.epochs = 10})->at(0); };
  CHECK(first(Optimizer(Adam{.learning_rate = Cosine{}}).learning_rate()) == 1e-3);  // Adam's default
  CHECK(first(Optimizer(Adam{.learning_rate = Cosine{.initial = 0.2}}).learning_rate()) == 0.2);
  const auto over = [&](const LearningRate& own, const LearningRate& given) { return first(LearningRate::over(own, given)); };
  CHECK(over(0.01, 0.1) == 0.1);
  CHECK(over(0.01, Cosine{}) == 0.01);
  CHECK(over(LearningRate(Cosine{}).with_base(0.01), 0.1) == 0.1);
  CHECK(!LearningRate::over(LearningRate(Cosine{}).with_base(0.01), 0.1).constant());
  CHECK(LearningRate::over(Cosine{.initial = 0.2}, 0.1).constant());
  CHECK(over(0.01, CosineDecay{.initial_learning_rate = 0.3, .decay_steps = 10}) == 0.3);
}

TEST_CASE("schedules: every entry through text and JSON, and refusals that say what is wrong") {
  const std::vector<std::string> texts{"time_based_decay(0.1, recursive=false, initial=2)",
                                       "step_decay(0.3, 7, initial=2)",
                                       "exponential(0.2, initial=2)",
                                       "linear(0.1, initial=2)",
                                       "polynomial(0.1, 3, initial=2)",
                                       "cosine(0.1, initial=2)",
                                       "constant(2)",
                                       "formula('lr * 0.5', initial=2)",
                                       "warmup(3%, cosine(0.1), start=0.2)",
                                       "one_cycle(0.4, 20, 100, linear, true, initial=2)",
                                       "exponential_decay(0.1, 10, 0.5, staircase=true, name=a)",
                                       "piecewise_constant_decay([1, 2], [3, 4, 5], name=a)",
                                       "polynomial_decay(0.1, 10, 0.01, 2, true, name=a)",
                                       "inverse_time_decay(0.1, 10, 0.5, staircase=true, name=a)",
                                       "cosine_decay(0.1, 10, 0.1, a, 0.3, 5)",
                                       "cosine_decay_restarts(0.1, 10, 3, 0.5, 0.1, a)"};
  CHECK(texts.size() == schedule_catalogue().entries().size());
  for (const auto& text : texts) {
    const Schedule schedule = made(text);
    check::round_trip(schedule_catalogue(), schedule);
    const auto untouched = check::untouched(schedule_catalogue().find(std::string(schedule.info().name))->fields(), schedule.config());
    CHECK_MESSAGE(untouched.empty(), text, " leaves ", untouched.empty() ? "" : untouched.front());
  }
  check::refused("unknown", "cosine", [] { made("cosin(0)"); });
  check::refused("no steps", "decay_steps", [] { made("cosine_decay(0.1, 0)"); });
  check::refused("values", "3 values", [] { made("piecewise_constant_decay([1, 2], [3, 4])"); });
  check::refused("drop", "epochs_drop", [] { made("step_decay(0.5, 0)"); });
  check::refused("formula", "epoch", [] { made("'initial * epohc'"); });
  check::refused("negative", "epoch 3", [] { check_rates(made("0.3 - 0.15 * epoch"), {.epochs = 10}); });
  check::refused("warmup", "share", [] { made("warmup(-1, cosine)"); });
}

TEST_CASE("a schedule that hardly moves is called that") {
  CHECK(schedule_warning(made("time_based_decay"), {.initial = 1e-4, .epochs = 100}).find("0.5 %") != std::string::npos);
  CHECK(schedule_warning(made("cosine"), {.initial = 1e-4, .epochs = 100}).empty());
  CHECK(schedule_warning(made("constant"), {.initial = 1e-4, .epochs = 100}).empty());
}
