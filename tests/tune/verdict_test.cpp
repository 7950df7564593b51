// The fixed list of verdicts on histories of each kind: shapes as the lecture's six learning rates give them, with and without noise.
#include "tune/verdict.h"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <random>

using namespace lehr;

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();
/// 62 people as unequal as LFW's: the largest class 17.6 %, entropy 3.6 nats.
const VerdictEvidence faces{.classes = 62, .largest_class_share = 0.176, .class_entropy = 3.6};

using Curve = std::function<double(double)>;

History history_of(int epochs, const Curve& loss, const Curve& val_loss, double noise = 0.0, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(0.0, 1.0);
  History h;
  for (int e = 0; e < epochs; ++e) {
    const double train = loss(e) * (1 + 0.3 * noise * normal(random));
    const double val = val_loss(e) * (1 + noise * normal(random));
    h.add(e, {{"accuracy", std::exp(-train)}, {"loss", train}, {"val_accuracy", std::exp(-val)}, {"val_loss", val}});
  }
  return h;
}

Curve decay(double from, double to, double epochs) {
  return [=](double e) { return to + (from - to) * std::exp(-e / epochs); };
}
Curve valley(double from, double bottom, double fall, double turn, double rise) {
  return [=](double e) { return bottom + (from - bottom) * std::exp(-e / fall) + (e > turn ? rise * (e - turn) : 0.0); };
}

VerdictKind kind(const History& h, const VerdictEvidence& e = faces) { return verdict(h, e).kind; }

/// Where an epoch's loss was no number.
History with_bad_epoch(History h, std::size_t row) {
  h.rows.at(row).values.at(1) = std::numeric_limits<double>::infinity();
  return h;
}

}  // namespace

TEST_CASE("verdict: a rate that fits is still improving after 10 epochs and on a plateau after 85") {
  // val_loss of the lecture's printed run, Adam 1e-4
  const std::vector<double> lecture{3.63002, 3.14162, 2.69129, 2.38674, 1.86158, 1.60096, 1.30128, 1.01901, 0.90223, 0.66062};
  History h;
  for (std::size_t e = 0; e < lecture.size(); ++e)
    h.add(static_cast<std::int64_t>(e), {{"loss", lecture[e] * 1.05}, {"val_loss", lecture[e]}});
  CHECK(verdict(h, faces).words == "still improving");
  for (const double noise : {0.0, 0.03})
    CHECK(kind(history_of(85, decay(4.0, 0.02, 6), decay(3.9, 0.35, 6), noise)) == VerdictKind::plateau_reached);
}

TEST_CASE("verdict: collapsed names the epoch and the evidence") {
  History h;
  for (int e = 0; e < 20; ++e)
    h.add(e, {{"accuracy", 0.17 + 0.003 * (e % 3)},
              {"loss", 3.61 + 0.01 * (e % 2)},
              {"val_accuracy", 0.176},
              {"val_loss", 3.62},
              {"val_classes", 1}});
  auto v = verdict(h, faces);
  CHECK(v.words == "collapsed at epoch 1 (one predicted class)");
  CHECK(v.evidence.find("class entropy of 3.600") != std::string::npos);
  CHECK(v.evidence.find("17.6 %") != std::string::npos);

  SUBCASE("without the number of predicted classes the loss and the accuracy tell it") {
    History bare;
    for (int e = 0; e < 6; ++e) bare.add(e, {{"accuracy", 0.17}, {"loss", 3.61}, {"val_accuracy", 0.176}, {"val_loss", 3.62}});
    CHECK(kind(bare) == VerdictKind::collapsed);
    CHECK(kind(bare, {.classes = 37, .largest_class_share = 0.176}) == VerdictKind::collapsed);  // ln 37 = 3.61
  }
  SUBCASE("after it had learned") {
    History later;
    for (int e = 0; e < 8; ++e)
      later.add(e, {{"loss", e < 4 ? 3.5 - 0.6 * e : 3.62},
                    {"val_loss", 3.0},
                    {"val_accuracy", e < 4 ? 0.3 : 0.176},
                    {"val_classes", e < 4 ? 30.0 : 1.0}});
    CHECK(verdict(later, faces).words == "collapsed at epoch 5 (one predicted class)");
  }
  SUBCASE("an explosion first: rate 1e-2") {
    History wild;
    const std::vector<double> losses{48210.0, 4.4, 3.9, 3.72, 3.66, 3.63, 3.64, 3.62, 3.63, 3.62};
    for (std::size_t e = 0; e < losses.size(); ++e)
      wild.add(static_cast<std::int64_t>(e),
               {{"loss", losses[e]}, {"val_loss", 3.7}, {"val_accuracy", e % 2 == 0 ? 0.176 : 0.08}, {"val_classes", 1}});
    CHECK(verdict(wild, faces).epoch == 0);
    CHECK(kind(wild) == VerdictKind::collapsed);
  }
  SUBCASE("two epochs of a smoke run") {
    History two;
    for (int e = 0; e < 2; ++e) two.add(e, {{"loss", 3.61}, {"val_loss", 3.62}, {"val_accuracy", 0.176}, {"val_classes", 1}});
    CHECK(kind(two) == VerdictKind::collapsed);
  }
}

TEST_CASE("verdict: a loss that is no number is a collapse at that epoch") {
  for (const double bad : {none, std::numeric_limits<double>::infinity()}) {
    History h;
    h.add(0, {{"loss", 2.0}, {"val_loss", 2.0}});
    h.add(1, {{"loss", bad}, {"val_loss", bad}});
    const auto v = verdict(h, faces);
    CHECK(v.kind == VerdictKind::collapsed);
    CHECK(v.epoch == 1);
    CHECK(v.words.starts_with("collapsed at epoch 2 (the loss is "));
  }
  History gaps;  // validation in every second epoch only
  for (int e = 0; e < 8; ++e) gaps.add(e, {{"loss", 3.0 * std::exp(-0.3 * e)}, {"val_loss", e % 2 == 1 ? 3.0 * std::exp(-0.3 * e) : none}});
  CHECK(kind(gaps) == VerdictKind::still_improving);
}

TEST_CASE("verdict: too slow says about how many more epochs") {
  // Rate 1e-6: 50 epochs take the loss from 4.2 to 1.2, almost in a straight line.
  for (const double noise : {0.0, 0.01}) {
    const auto v = verdict(history_of(50, decay(4.2, -0.2, 40), decay(4.2, -0.2, 40), noise), faces);
    CHECK(v.kind == VerdictKind::too_slow);
    CHECK(v.more_epochs >= 15);
    CHECK(v.more_epochs <= 60);
    CHECK(v.words.find(" more epochs)") != std::string::npos);
  }
  // One predicted class, but the loss falls every epoch: slow, not collapsed.
  History h;
  for (int e = 0; e < 10; ++e)
    h.add(e, {{"loss", 4.2 - 0.03 * e}, {"val_loss", 4.19 - 0.03 * e}, {"val_accuracy", 0.176}, {"val_classes", 1}});
  CHECK(kind(h) == VerdictKind::too_slow);
  CHECK(verdict(h, faces).more_epochs > 100);
}

TEST_CASE("verdict: overfitting names the epoch after the best") {
  const auto h = history_of(30, decay(2.3, 0.02, 5), valley(2.3, 0.55, 3, 11, 0.03));
  CHECK(verdict(h, {.classes = 10}).words == "overfitting since epoch 13");
  for (unsigned seed = 1; seed <= 20; ++seed) {
    const auto v = verdict(history_of(30, decay(2.3, 0.02, 5), valley(2.3, 0.55, 3, 11, 0.03), 0.03, seed), {.classes = 10});
    CHECK(v.kind == VerdictKind::overfitting);
    CHECK(v.epoch >= 8);
    CHECK(v.epoch <= 17);
  }
}

TEST_CASE("verdict: unstable names the leap") {
  auto h = history_of(12, decay(2.3, 0.3, 3), decay(2.3, 0.4, 3));
  h.rows[7].values[1] = 2.9;
  for (std::size_t e = 8; e < 12; ++e) h.rows[e].values[1] = 2.0;
  CHECK(verdict(h, {.classes = 10}).words == "unstable at epoch 8");
  SUBCASE("one early leap that was made good does not count") {
    auto calm = history_of(60, decay(2.3, 0.05, 6), decay(2.3, 0.3, 6));
    calm.rows[2].values[1] = 3.2;
    CHECK(kind(calm, {.classes = 10}) == VerdictKind::plateau_reached);
  }
  SUBCASE("a training loss that climbs for good") {
    const auto climbing = history_of(12, [](double e) { return e < 4 ? 2.0 - 0.3 * e : 1.0 + 0.12 * (e - 3); }, decay(2.0, 1.0, 3));
    CHECK(verdict(climbing, {.classes = 10}).words == "unstable at epoch 5");
  }
}

TEST_CASE("verdict: short histories are not over-read") {
  CHECK(verdict(History{}).words == "still improving");
  CHECK(kind(history_of(1, decay(2.3, 0.1, 3), decay(2.3, 0.1, 3))) == VerdictKind::still_improving);
  CHECK(verdict(history_of(1, decay(2.3, 0.1, 3), decay(2.3, 0.1, 3))).evidence.find("nothing about the trend") != std::string::npos);
  CHECK(kind(history_of(2, decay(2.3, 0.1, 3), decay(2.3, 0.1, 3))) == VerdictKind::still_improving);
  CHECK(kind(history_of(2, decay(2.3, 0.1, 3), decay(2.3, 3.0, 3))) == VerdictKind::plateau_reached);
  CHECK(kind(history_of(3, decay(3.6, 0.1, 3), decay(3.6, 0.1, 3))) == VerdictKind::still_improving);
}

TEST_CASE("verdict: ordinary runs stay what they are under noise") {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    CHECK(kind(history_of(85, decay(4.0, 0.05, 8), decay(3.9, 0.35, 8), 0.05, seed)) == VerdictKind::plateau_reached);
    CHECK(kind(history_of(10, decay(3.6, 0.2, 5), decay(3.6, 0.3, 5), 0.02, seed)) == VerdictKind::still_improving);
    CHECK(kind(history_of(
                   20, [](double) { return 3.61; }, [](double) { return 3.62; }, 0.003, seed),
               {.classes = 62, .largest_class_share = 0.176}) != VerdictKind::overfitting);
  }
  // No validation, a regression: judged by the loss alone.
  History alone;
  for (int e = 0; e < 10; ++e) alone.add(e, {{"loss", 100.0 * std::exp(-0.2 * e)}});
  CHECK(verdict(alone).kind == VerdictKind::still_improving);
  CHECK(verdict(alone).evidence.starts_with("loss went from"));
}

TEST_CASE("verdict: a first epoch that exploded does not hide the collapse after it") {
  History h;
  const double losses[] = {55.7, 2.37, 2.32, 2.34, 2.30}, validation[] = {2.34, 2.31, 2.308, 2.305, 2.312};
  for (std::int64_t i = 0; i < 5; ++i)
    h.add(i, {{"accuracy", 0.26}, {"loss", losses[i]}, {"val_accuracy", 0.258}, {"val_loss", validation[i]}, {"val_classes", 1.0}});
  CHECK(verdict(h, {.classes = 12, .largest_class_share = 0.258, .class_entropy = 2.29}).kind == VerdictKind::collapsed);
}

TEST_CASE("verdict: an explosion that comes down to the entropy, however slowly, has collapsed; learning after one has not") {
  const VerdictEvidence dozen{.classes = 12, .largest_class_share = 0.266, .class_entropy = 2.293};
  History h;  // Adam 0.1 on drawn faces
  for (const double loss : {304.13, 2.8197, 2.3247, 2.3353, 2.3156, 2.3065, 2.3064, 2.3048})
    h.add(h.epochs(), {{"loss", loss}, {"val_accuracy", 0.2657}, {"val_loss", 2.3}, {"val_classes", 1.0}});
  CHECK(verdict(h, dozen).kind == VerdictKind::collapsed);
  CHECK(verdict(h, dozen).evidence.find("leapt to 304.13") != std::string::npos);
  for (const double epochs : {0.5, 2.0, 5.0, 10.0}) {
    CAPTURE(epochs);
    History settling, learning;
    for (int e = 0; e < 12; ++e) {
      const double above = e == 0 ? 500 : 0.6 * std::exp(-e / epochs);
      settling.add(e, {{"loss", 2.293 + above}, {"val_accuracy", 0.266}, {"val_loss", 2.31 + above}, {"val_classes", 1.0}});
      const double learned = e == 0 ? 500 : 2.4 * std::exp(-(e - 1) / 8.0);
      learning.add(e, {{"loss", learned}, {"val_accuracy", 0.05 * e}, {"val_loss", learned}, {"val_classes", e < 2 ? 1.0 : 9.0}});
    }
    CHECK(verdict(settling, dozen).kind == VerdictKind::collapsed);
    CHECK(verdict(learning, dozen).kind != VerdictKind::collapsed);
  }
}

TEST_CASE("verdict: a loss that is no number collapses a run, unless it was rolled back and training went on") {
  const History sound = history_of(40, decay(3.5, 0.3, 6), decay(3.5, 0.5, 6));
  History h = with_bad_epoch(sound, 3);
  CHECK(kind(h) == VerdictKind::collapsed);
  h.events.push_back({.epoch = 3, .kind = "rolled back", .text = ""});
  CHECK(kind(h) == kind(sound));
  History last = with_bad_epoch(sound, 39);
  last.events.push_back({.epoch = 39, .kind = "rolled back", .text = ""});
  CHECK(kind(last) == VerdictKind::collapsed);
}
