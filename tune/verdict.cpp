#include "tune/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "tune/format.h"
#include "tune/trend.h"

namespace lehr {

namespace {

std::string number(double value) {
  return std::abs(value) >= 1000 || (value != 0 && std::abs(value) < 1e-3) ? fmt::format("{:.3g}", value) : fmt::format("{:.3f}", value);
}
std::string person_epoch(std::int64_t epoch) { return std::to_string(epoch + 1); }

/// What a network that knows only the class frequencies has as its loss: their entropy, at most ln(classes).
double ignorant_loss(const VerdictEvidence& e) {
  if (!std::isnan(e.class_entropy)) return e.class_entropy;
  return e.classes > 1 ? std::log(static_cast<double>(e.classes)) : std::numeric_limits<double>::quiet_NaN();
}

Verdict collapsed_at(std::int64_t epoch, std::string words, std::string evidence) {
  return {.kind = VerdictKind::collapsed, .epoch = epoch, .words = std::move(words), .evidence = std::move(evidence)};
}

// --- collapsed ---------------------------------------------------------------------------------------------------------------------------

std::optional<Verdict> not_a_number(const History& history) {
  if (!history.has("loss")) return {};
  for (std::int64_t i = 0; i < history.epochs(); ++i) {
    const double loss = history.at("loss", i);
    const auto epoch = history.rows[static_cast<std::size_t>(i)].epoch;
    const bool recovered = i + 1 < history.epochs() && std::any_of(history.events.begin(), history.events.end(), [&](const Event& e) {
                             return e.kind == "rolled back" && e.epoch == epoch;
                           });
    if (std::isfinite(loss) || recovered) continue;
    return collapsed_at(epoch, fmt::format("collapsed at epoch {} (the loss is {})", epoch + 1, repr(loss)),
                        "no weight means anything after that; try a tenth of the learning rate");
  }
  return {};
}

/// Whether a row looks like one answer to every question.
bool ignorant(const History& h, std::int64_t row, const VerdictEvidence& e, double entropy) {
  const double loss = h.at("loss", row);
  if (!std::isnan(entropy) && loss < 0.95 * entropy) return false;
  const double predicted = h.at("val_classes", row);
  if (!std::isnan(predicted)) return predicted <= 1;
  if (std::isnan(entropy) || std::isnan(e.largest_class_share)) return false;
  const double validated = h.at("val_accuracy", row), accuracy = std::isnan(validated) ? h.at("accuracy", row) : validated;
  return accuracy <= e.largest_class_share + 0.02;
}

double highest_loss(const History& h) {
  double highest = 0;
  for (std::int64_t i = 0; i < h.epochs(); ++i) highest = std::max(highest, h.at("loss", i));
  return highest;
}

/// A loss far above that of ignorance: no sensible start has one, only steps that went much too far.
bool exploded(const History& h, double entropy) { return !std::isnan(entropy) && highest_loss(h) > 1.5 * entropy; }

/// A network that learns very slowly also begins with one answer, but its loss keeps falling. Coming down from an explosion is not learning:
/// after one, only losses below that of ignorance count.
bool loss_still_falls(const History& h, std::int64_t from, double entropy) {
  const double counts_below = std::isnan(entropy)    ? std::numeric_limits<double>::infinity()
                              : exploded(h, entropy) ? entropy
                                                     : 1.5 * entropy;
  std::vector<double> losses;
  for (std::int64_t i = std::max(from, h.epochs() - 6); i < h.epochs(); ++i)
    if (h.at("loss", i) <= counts_below) losses.push_back(h.at("loss", i));
  if (losses.size() < 2) return false;
  const double gain = (losses.front() - losses.back()) / losses.front();
  if (losses.size() == 2) return gain > 0.002;
  std::size_t falls = 0;
  for (std::size_t i = 1; i < losses.size(); ++i) falls += losses[i] < losses[i - 1] ? 1 : 0;
  return gain > 0.002 && static_cast<double>(falls) >= 0.75 * static_cast<double>(losses.size() - 1) &&
         trend_of(losses, (losses.size() + 1) / 2).slope < -1e-4 * losses.back();
}

/// What the losses say of the cause. A loss that only ever sat at the entropy has several: then nothing is blamed.
std::string collapse_hint(const History& h, double entropy) {
  if (exploded(h, entropy))
    return fmt::format("; the loss had leapt to {}: the steps are too large, try a tenth of the learning rate", number(highest_loss(h)));
  double lowest = std::numeric_limits<double>::infinity();
  for (std::int64_t i = 0; i < h.epochs(); ++i) lowest = std::min(lowest, h.at("loss", i));
  if (!std::isnan(entropy) && lowest < 0.95 * entropy)
    return fmt::format("; it had learned before (loss {}): a smaller learning rate would have kept that", number(lowest));
  return "; it never learned: the rate may be too large or far too small, or the network cannot start from these weights";
}

std::string one_answer_text(const History& h, const VerdictEvidence& e, double entropy) {
  const std::int64_t last = h.epochs() - 1;
  std::string out = "loss " + number(h.at("loss", last));
  if (!std::isnan(e.class_entropy)) {
    out += fmt::format(" against a class entropy of {} (ln {} = {})", number(entropy), e.classes,
                       number(std::log(std::max<double>(1, static_cast<double>(e.classes)))));
  } else if (!std::isnan(entropy)) {
    out += fmt::format(" against ln {} = {}", e.classes, number(entropy));
  }
  const std::string name = h.has("val_accuracy") ? "val_accuracy" : "accuracy";
  if (h.has(name)) out += fmt::format("; {} {}", name, percent_text(h.at(name, last)));
  if (!std::isnan(e.largest_class_share)) out += ", always naming the largest class gives " + percent_text(e.largest_class_share);
  return out + collapse_hint(h, entropy);
}

std::optional<Verdict> one_answer(const History& h, const VerdictEvidence& e) {
  const double entropy = ignorant_loss(e);
  std::int64_t from = h.epochs();
  while (from > 0 && ignorant(h, from - 1, e, entropy)) --from;
  const std::int64_t held = h.epochs() - from;
  // One epoch of it is a poor start unless something had been learned before.
  if (held < 1 || (held < 2 && from == 0) || loss_still_falls(h, from, entropy)) return {};
  if (held < 2 && h.at("loss", h.epochs() - 1) < 1.5 * h.at("loss", from - 1)) return {};
  const auto epoch = h.rows[static_cast<std::size_t>(from)].epoch;
  return collapsed_at(epoch, fmt::format("collapsed at epoch {} (one predicted class)", epoch + 1), one_answer_text(h, e, entropy));
}

// --- unstable ----------------------------------------------------------------------------------------------------------------------------

/// The mean training loss of an epoch falls smoothly; a leap upwards of a good part of the first loss is a step that went wrong.
std::optional<Verdict> leaps(const ValueSeries& loss, double reference) {
  const double leap = 0.15 * std::max(reference, loss.front());
  std::vector<std::size_t> at;
  double lowest = loss.front();
  bool recovered = true;
  double before = 0;
  for (std::size_t i = 1; i < loss.size(); ++i) {
    if (loss.values[i] - loss.values[i - 1] > leap && loss.values[i] > 1.3 * lowest) {
      if (recovered) before = lowest;
      recovered = false;
      at.push_back(i);
    }
    lowest = std::min(lowest, loss.values[i]);
    if (!recovered && loss.values[i] <= before) recovered = true;
  }
  if (at.empty() || (at.size() == 1 && recovered)) return {};
  const std::size_t i = at.front();
  return Verdict{
      .kind = VerdictKind::unstable,
      .epoch = loss.epochs[i],
      .words = "unstable at epoch " + person_epoch(loss.epochs[i]),
      .evidence = fmt::format("the training loss leapt from {} to {}{}; try a smaller learning rate or a warm-up",
                              number(loss.values[i - 1]), number(loss.values[i]),
                              at.size() > 1 ? fmt::format(", and {} more times", at.size() - 1) : std::string(" and did not come back"))};
}

/// Or it rises slowly and for good.
std::optional<Verdict> climbs(const ValueSeries& loss) {
  if (loss.size() < 4) return {};
  const auto lowest = static_cast<std::size_t>(std::min_element(loss.values.begin(), loss.values.end()) - loss.values.begin());
  const std::size_t after = loss.size() - 1 - lowest;
  if (after < 3) return {};
  const double now = mean_of_last(loss.values, 3);
  const auto trend = trend_of(loss.values, after + 1);
  if (now < 1.15 * loss.values[lowest] + 0.05 * loss.front() || trend.slope <= 0 || trend.certainty < 3) return {};
  const auto epoch = loss.epochs[lowest + 1];
  return Verdict{.kind = VerdictKind::unstable,
                 .epoch = epoch,
                 .words = "unstable at epoch " + person_epoch(epoch),
                 .evidence = fmt::format("the training loss itself has risen from {} (epoch {}) to {}; try a smaller learning rate",
                                         number(loss.values[lowest]), person_epoch(loss.epochs[lowest]), number(loss.back()))};
}

// --- overfitting -------------------------------------------------------------------------------------------------------------------------

std::optional<Verdict> overfits(const History& h, const ValueSeries& loss, const ValueSeries& val) {
  if (val.size() < 4) return {};
  const auto smooth = smoothed(val.values, val.size() < 8 ? 0 : std::max<std::size_t>(1, val.size() / 20));
  const auto best = static_cast<std::size_t>(std::min_element(smooth.begin(), smooth.end()) - smooth.begin());
  const std::size_t after = val.size() - 1 - best;
  if (after < 2) return {};
  const std::size_t tail = std::clamp<std::size_t>(after / 2, 2, 10);
  const double now = mean_of_last(val.values, tail);
  double noise = 0;
  for (std::size_t i = 0; i < val.size(); ++i) noise += (val.values[i] - smooth[i]) * (val.values[i] - smooth[i]);
  noise = std::sqrt(noise / static_cast<double>(val.size()));
  const double rise = now - smooth[best];
  if (rise < 0.05 * smooth[best] + 2 * noise / std::sqrt(static_cast<double>(tail))) return {};
  const auto trend = trend_of(val.values, after + 1);
  if (trend.slope <= 0 || (after > 2 && trend.certainty < 2)) return {};
  const double train_then = h.at("loss", std::min<std::int64_t>(h.epochs() - 1, static_cast<std::int64_t>(best)));
  if (!(loss.back() < train_then) || !(loss.back() < now)) return {};
  const auto epoch = val.epochs[best + 1];
  std::string evidence =
      fmt::format("val_loss was lowest at epoch {} ({}) and is {} now, while loss fell from {} to {}", person_epoch(val.epochs[best]),
                  number(val.values[best]), number(now), number(train_then), number(loss.back()));
  return Verdict{.kind = VerdictKind::overfitting,
                 .epoch = epoch,
                 .words = "overfitting since epoch " + person_epoch(epoch),
                 .evidence = std::move(evidence)};
}

// --- how it goes on ----------------------------------------------------------------------------------------------------------------------

struct Watched {
  std::string name;
  const ValueSeries& series;
};

Verdict plain(VerdictKind kind, std::string evidence) {
  return {.kind = kind, .words = std::string(name_of(kind)), .evidence = std::move(evidence)};
}

Verdict short_run(const Watched& w) {
  if (w.series.size() < 2)
    return plain(VerdictKind::still_improving, fmt::format("{} {} after one epoch, which says nothing about the trend", w.name,
                                                           w.series.size() == 0 ? "unknown" : number(w.series.back())));
  const bool falls = w.series.back() < w.series.front();
  return plain(falls ? VerdictKind::still_improving : VerdictKind::plateau_reached,
               fmt::format("{} went from {} to {} in two epochs", w.name, number(w.series.front()), number(w.series.back())));
}

/// Too slow: the decline has not slackened (a curve that approaches its end does), and a tenth of an ignorant network's loss is far off.
std::optional<Verdict> too_slow(const Watched& w, const Trend& trend, double reference) {
  const auto epochs = static_cast<double>(w.series.size());
  const double start = std::isnan(reference) ? w.series.front() : std::max(reference, w.series.front());
  const double average = (start - w.series.back()) / epochs;
  const double target = 0.1 * start;
  const double more = (trend.end - target) / -trend.slope;
  if (-trend.slope < 0.25 * average || more < std::max(10.0, epochs / 3)) return {};
  const auto rounded = more < 20 ? std::lround(more) : more < 200 ? 5 * std::lround(more / 5) : 50 * std::lround(more / 50);
  return Verdict{
      .kind = VerdictKind::too_slow,
      .more_epochs = std::max<std::int64_t>(1, rounded),
      .words = fmt::format("too slow (about {} more epochs)", count_text(rounded)),
      .evidence = fmt::format("{} is {} and falls by {} an epoch, steadily; at that rate {} is that far away: try a larger learning rate",
                              w.name, number(w.series.back()), number(-trend.slope), number(target))};
}

/// Recent values lie below all that came before the window, so that a lucky slope in noise is no progress.
bool new_ground(const std::vector<double>& values, std::size_t window) {
  const auto smooth = smoothed(values, window / 4);
  const auto before = smooth.end() - static_cast<std::ptrdiff_t>(window);
  return before == smooth.begin() || mean_of_last(values, (window + 1) / 2) < *std::min_element(smooth.begin(), before);
}

Verdict progress(const Watched& w, double reference) {
  const std::size_t n = w.series.size();
  if (n < 3) return short_run(w);
  const std::size_t window = n <= 6 ? n - (n > 4 ? 1 : 0) : std::clamp<std::size_t>(n / 3, 5, 20);
  const auto trend = trend_of(w.series.values, window);
  const double gain = trend.gain(window);
  const double level = std::max(std::abs(trend.end), 1e-12);
  const double expected = std::isnan(reference) ? w.series.front() : std::max(reference, w.series.front());
  const bool certain = trend.slope < 0 && trend.certainty > 3.5;
  if (certain)
    if (auto slow = too_slow(w, trend, reference)) return *slow;
  const std::string evidence = fmt::format("{} went from {} to {} over the last {} epochs", w.name, number(w.series.values[n - window]),
                                           number(w.series.back()), window);
  const bool matters = gain > 0.02 * level && gain > 0.001 * expected;
  if (certain && matters && new_ground(w.series.values, window)) return plain(VerdictKind::still_improving, evidence);
  const auto best = static_cast<std::size_t>(std::min_element(w.series.values.begin(), w.series.values.end()) - w.series.values.begin());
  return plain(VerdictKind::plateau_reached,
               evidence + fmt::format("; best {} at epoch {}", number(w.series.values[best]), person_epoch(w.series.epochs[best])));
}

}  // namespace

std::string_view name_of(VerdictKind kind) {
  constexpr std::array<std::string_view, 6> names{"still improving", "plateau reached", "too slow", "overfitting", "unstable", "collapsed"};
  return names.at(static_cast<std::size_t>(kind));
}

Verdict verdict(const History& history, const VerdictEvidence& evidence) {
  if (auto v = not_a_number(history)) return *v;
  const auto loss = series_of(history, "loss");
  const auto val = series_of(history, "val_loss");
  if (loss.size() == 0) return plain(VerdictKind::still_improving, "nothing was trained");
  if (auto v = one_answer(history, evidence)) return *v;
  const double reference = ignorant_loss(evidence);
  if (auto v = leaps(loss, std::isnan(reference) ? 0.0 : reference)) return *v;
  if (auto v = climbs(loss)) return *v;
  if (auto v = overfits(history, loss, val)) return *v;
  return progress(val.size() > 0 ? Watched{"val_loss", val} : Watched{"loss", loss}, reference);
}

}  // namespace lehr
