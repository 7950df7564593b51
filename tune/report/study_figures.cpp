#include "tune/report/study_figures.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <map>

#include "tune/format.h"
#include "tune/oracles/scores.h"
#include "tune/study/open_study.h"

namespace lehr {

namespace {

constexpr plot::Color pruned_gray{160, 160, 160};

bool ended(const Trial& t) { return t.state == TrialState::complete && !t.values.empty() && std::isfinite(t.values[0]); }

std::vector<const Trial*> complete_trials(const TuneResult& r) {
  std::vector<const Trial*> out;
  for (const Trial& t : r.trials)
    if (ended(t)) out.push_back(&t);
  return out;
}

/// The best first.
std::vector<const Trial*> ranked(const TuneResult& r) {
  auto out = complete_trials(r);
  const bool maximize = r.objectives.at(0).maximize;
  std::stable_sort(out.begin(), out.end(),
                   [&](const Trial* a, const Trial* b) { return maximize ? a->values[0] > b->values[0] : a->values[0] < b->values[0]; });
  return out;
}

std::vector<std::string> names_of(const Hyperparameter& p) {
  std::vector<std::string> out;
  if (p.categorical())
    for (const double v : p.grid()) out.push_back(p.label(v));
  return out;
}

/// Where a value stands between the ends of its axis.
double share_of(const Hyperparameter& p, double value) {
  if (!p.categorical())
    return p.high > p.low
               ? (p.sampling == Sampling::log ? std::log(value / p.low) / std::log(p.high / p.low) : (value - p.low) / (p.high - p.low))
               : 0.5;
  return (value + 0.5) / static_cast<double>(p.count().value());
}

plot::ParallelAxis axis_of(const Hyperparameter& p) {
  plot::ParallelAxis out{.name = p.name};
  std::vector<double> values = p.categorical() ? p.grid() : std::vector<double>{p.low, p.high};
  if (values.size() > 12) values = {values.front(), values.back()};
  for (const double v : values) out.ticks.emplace_back(share_of(p, v), p.label(v));
  return out;
}

}  // namespace

plot::Figure history_figure(const TuneResult& r) {
  plot::Series complete{.name = "complete", .color = plot::blue, .width = 1.4, .dots = true},
      pruned{.name = "stopped early", .color = pruned_gray, .width = 1.4, .dots = true};
  plot::Series best{.name = "best so far", .color = plot::red};
  const bool maximize = r.objectives.at(0).maximize;
  for (const Trial& t : r.trials) {
    if (t.values.empty() || !std::isfinite(t.values[0])) continue;
    auto& series = t.state == TrialState::complete ? complete : pruned;
    const auto x = static_cast<double>(t.number + 1);
    series.x.push_back(x);
    series.y.push_back(t.values[0]);
    if (t.state != TrialState::complete) continue;
    const double before = best.y.empty() ? t.values[0] : best.y.back(),
                 now = maximize ? std::max(before, t.values[0]) : std::min(before, t.values[0]);
    if (!best.y.empty()) {  // a step
      best.x.push_back(x);
      best.y.push_back(before);
    }
    best.x.push_back(x);
    best.y.push_back(now);
  }
  plot::LinePanel panel{.x_label = "trial", .y_label = r.objectives[0].name, .whole_x = true};
  for (auto* series : {&complete, &pruned, &best})
    if (!series->x.empty()) panel.series.push_back(std::move(*series));
  return {.panels = {panel}, .columns = 1, .panel_width = 900, .panel_height = 380};
}

plot::Figure curves_figure(const TuneResult& r) {
  constexpr std::size_t most = 300;  // more are a grey wall
  plot::LinePanel panel{.x_label = "epoch", .y_label = r.objectives.at(0).name, .whole_x = true};
  std::vector<std::string> named;
  std::size_t drawn = 0;
  for (const Trial& t : r.trials) {
    if (t.intermediate.empty() || drawn++ >= most) continue;
    const bool pruned = t.state == TrialState::pruned, is_best = &t == r.best;
    std::string name = is_best              ? "the best trial"
                       : pruned             ? "stopped early"
                       : t.stage.epochs > 0 ? fmt::format("bracket {}", t.stage.bracket)
                                            : "complete";
    plot::Series line{.color = is_best  ? plot::red
                               : pruned ? pruned_gray
                                        : plot::series_color(static_cast<std::size_t>(t.stage.bracket)),
                      .width = is_best ? 2.6 : 0.9};
    for (const auto& [epoch, value] : t.intermediate) {
      line.x.push_back(static_cast<double>(epoch + 1));
      line.y.push_back(value);
    }
    if (std::find(named.begin(), named.end(), name) == named.end()) {
      named.push_back(name);
      line.name = std::move(name);
    }
    panel.series.push_back(std::move(line));
  }
  std::stable_sort(panel.series.begin(), panel.series.end(), [](const auto& a, const auto& b) { return a.width < b.width; });
  return {.panels = {panel}, .columns = 1, .panel_width = 900, .panel_height = 420};
}

plot::Figure rounds_figure(const TuneResult& r) {
  struct Round {
    std::int64_t trials = 0, pruned = 0, failed = 0, begin = 0, end = 0;
  };
  std::map<std::pair<std::int64_t, std::int64_t>, Round> rounds;
  for (const Trial& t : r.trials) {
    if (t.stage.epochs == 0) continue;
    Round& round = rounds[{-t.stage.bracket, t.stage.round}];
    ++round.trials;
    round.begin = t.stage.initial_epoch + 1;
    round.end = t.stage.epochs;
  }
  plot::BarPanel panel{.y_label = "trials"};
  for (const auto& [key, round] : rounds)
    panel.bars.push_back({.name = fmt::format("bracket {}, epochs {}-{}", -key.first, round.begin, round.end),
                          .value = static_cast<double>(round.trials),
                          .color = plot::series_color(static_cast<std::size_t>(-key.first))});
  return {.panels = {panel}, .columns = 1, .panel_width = 900, .panel_height = 420};
}

plot::Figure parallel_figure(const TuneResult& r) {
  constexpr std::size_t most_axes = 12, most_lines = 400;
  plot::ParallelPanel panel;
  std::vector<const Hyperparameter*> shown;
  for (const auto& p : r.space.parameters())
    if (shown.size() < most_axes) shown.push_back(&p);
  for (const auto* p : shown) panel.axes.push_back(axis_of(*p));
  auto trials = ranked(r);
  if (trials.size() > most_lines) trials.resize(most_lines);
  const double first = trials.empty() ? 0 : trials.front()->values[0], last = trials.empty() ? 1 : trials.back()->values[0];
  plot::ParallelAxis result{.name = r.objectives.at(0).name};
  const double low = std::min(first, last), high = std::max(first, last);
  result.ticks = {{0, metric_text(low)}, {1, metric_text(high)}};
  panel.axes.push_back(result);
  for (std::size_t k = trials.size(); k-- > 0;) {  // the best on top
    const Trial& t = *trials[k];
    plot::ParallelLine line{.share = trials.size() > 1 ? 1 - static_cast<double>(k) / static_cast<double>(trials.size() - 1) : 1};
    for (const auto* p : shown) {
      const double* v = t.params.find(p->name);
      line.at.push_back(v != nullptr ? share_of(*p, *v) : std::numeric_limits<double>::quiet_NaN());
    }
    line.at.push_back(high > low ? (t.values[0] - low) / (high - low) : 0.5);
    panel.lines.push_back(std::move(line));
  }
  return {.panels = {panel}, .columns = 1, .panel_width = 1000, .panel_height = 440};
}

plot::Figure importance_figure(const std::vector<Importance>& shares) {
  plot::BarPanel panel{.y_label = "share of the variance"};
  for (const auto& i : shares) panel.bars.push_back({.name = i.name, .value = i.share, .error = i.deviation});
  return {.panels = {panel}, .columns = 1, .panel_width = 900, .panel_height = 340};
}

plot::Figure slices_figure(const TuneResult& r, const std::vector<Importance>& shares) {
  constexpr std::size_t most = 8;
  std::vector<const Hyperparameter*> order;
  for (const auto& i : shares) order.push_back(&r.space.at(i.name));
  for (const auto& p : r.space.parameters())
    if (std::find(order.begin(), order.end(), &p) == order.end()) order.push_back(&p);
  if (order.size() > most) order.resize(most);
  plot::Figure out{.columns = 2, .panel_width = 460, .panel_height = 320};
  for (const auto* p : order) {
    plot::LinePanel panel{.title = p->name,
                          .y_label = r.objectives.at(0).name,
                          .log_x = p->sampling == Sampling::log,
                          .whole_x = p->kind == HyperparameterKind::integer && p->sampling == Sampling::linear,
                          .x_names = names_of(*p)};
    plot::Series dots{.color = plot::blue, .width = 1.3, .dots = true}, best{.color = plot::red, .width = 2.2, .dots = true};
    for (const Trial* t : complete_trials(r)) {
      const double* v = t->params.find(p->name);
      if (v == nullptr) continue;
      auto& series = t == r.best ? best : dots;
      series.x.push_back(*v);
      series.y.push_back(t->values[0]);
    }
    panel.series = {std::move(dots), std::move(best)};
    out.panels.emplace_back(std::move(panel));
  }
  return out;
}

plot::Figure pareto_figure(const TuneResult& r) {
  plot::LinePanel panel{.x_label = r.objectives.at(1).name, .y_label = r.objectives.at(0).name};
  plot::Series all{.name = "complete", .color = pruned_gray, .width = 1.3, .dots = true},
      best{.name = "not beaten by any other", .color = plot::red, .width = 2, .dots = true};
  auto front = pareto_front(r.trials, directions_of(r.objectives));
  for (const Trial& t : r.trials) {
    if (t.state != TrialState::complete || t.values.size() < 2) continue;
    auto& series = std::find(front.begin(), front.end(), &t) != front.end() ? best : all;
    series.x.push_back(t.values[1]);
    series.y.push_back(t.values[0]);
  }
  std::stable_sort(front.begin(), front.end(), [](const Trial* a, const Trial* b) { return a->values[1] < b->values[1]; });
  plot::Series line{.color = plot::red, .width = 1, .dashed = true};
  for (const Trial* t : front) {
    line.x.push_back(t->values[1]);
    line.y.push_back(t->values[0]);
  }
  panel.series = {std::move(all), std::move(line), std::move(best)};
  return {.panels = {panel}, .columns = 1, .panel_width = 700, .panel_height = 440};
}

std::vector<StudyFigure> study_figures(const TuneResult& r) {
  std::vector<StudyFigure> out;
  const auto complete = complete_trials(r);
  if (complete.empty()) return out;
  out.push_back({"history", "Every trial's result in the order they began, and the best so far.", history_figure(r)});
  if (r.objectives.size() > 1)
    out.push_back({"pareto", "No other trial is at least as good on both and better on one than those in red.", pareto_figure(r)});
  const auto has = [&](auto test) { return std::any_of(r.trials.begin(), r.trials.end(), test); };
  if (has([](const Trial& t) { return !t.intermediate.empty(); }))
    out.push_back({"curves", "The objective after every epoch. What was stopped early is grey.", curves_figure(r)});
  if (has([](const Trial& t) { return t.stage.epochs > 0; })) out.push_back({"rounds", "Trials by bracket and round.", rounds_figure(r)});
  std::vector<Importance> shares;
  if (complete.size() >= 10) shares = importances(r.space, r.trials, {.by_position = true});
  if (!shares.empty())
    out.push_back({"importance",
                   "Share of the result's variance that each value decides alone (fANOVA; the bar is one deviation between trees). Shares "
                   "are of this "
                   "space: a range without bad values makes its value look unimportant.",
                   importance_figure(shares)});
  out.push_back({"parallel", "A line a trial across its values; the darker, the better.", parallel_figure(r)});
  out.push_back({"slices", "The result over each value, the most important first; the best trial in red.", slices_figure(r, shares)});
  std::vector<const Hyperparameter*> top;  // that the best trial has
  for (const auto& i : shares)
    if (r.best != nullptr && r.best->params.find(i.name) != nullptr && r.space.at(i.name).count().value_or(2) > 1)
      top.push_back(&r.space.at(i.name));
  if (top.size() >= 2)
    out.push_back({"contour",
                   "What a Gaussian process expects over the two most important values, the others as in the best trial; darker is better.",
                   contour_figure(r, *top[0], *top[1])});
  const auto number = std::find_if(top.begin(), top.end(), [](const auto* p) { return !p->categorical(); });
  if (number != top.end())
    out.push_back({"surrogate",
                   "The same process over one value: its mean, two deviations, the trials (which differ in the other values too), and "
                   "below, where the "
                   "next one would promise most.",
                   surrogate_figure(r, **number)});
  return out;
}

}  // namespace lehr
