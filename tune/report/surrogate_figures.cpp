// What a Gaussian process believes of a study: over one value, and over two.
#include <algorithm>
#include <cmath>

#include "tune/oracles/bayesian.h"
#include "tune/oracles/scores.h"
#include "tune/report/study_figures.h"

namespace lehr {

namespace {

constexpr std::size_t most_rows = 300;  // a fit costs their cube

/// Fitted to losses: smaller is better, as the oracle sees them.
struct Surrogate {
  const TuneResult& study;
  std::vector<Scored> known;
  GaussianProcess process;
  double best = 0;
  std::vector<double> at;  ///< the best trial

  /// By the first objective, however many there are.
  static std::vector<Scored> rows_of(const TuneResult& r) {
    std::vector<Scored> out;
    for (const Trial& t : r.trials)
      if (t.state == TrialState::complete && !t.values.empty() && std::isfinite(t.values[0]))
        out.push_back({.trial = &t, .loss = r.objectives.at(0).maximize ? -t.values[0] : t.values[0]});
    if (out.size() > most_rows) out.erase(out.begin(), out.end() - static_cast<std::ptrdiff_t>(most_rows));
    return out;
  }
  static GaussianProcessData data_of(const TuneResult& r, const std::vector<Scored>& rows) {
    GaussianProcessData out{.categorical = categorical_columns(r.space)};
    for (const auto& s : rows) {
      out.x.push_back(encoded(r.space, s.trial->params));
      out.y.push_back(s.loss);
    }
    return out;
  }
  explicit Surrogate(const TuneResult& r) : study(r), known(rows_of(r)), process(data_of(r, known)) {
    const auto lowest = std::min_element(known.begin(), known.end(), [](const Scored& a, const Scored& b) { return a.loss < b.loss; });
    best = lowest->loss;
    at = encoded(r.space, lowest->trial->params);
  }

  double sign() const { return study.objectives[0].maximize ? -1 : 1; }
  std::size_t column(const Hyperparameter& p) const { return static_cast<std::size_t>(&p - study.space.parameters().data()); }
  GaussianProcess::Prediction predict(std::initializer_list<std::pair<std::size_t, double>> changes) const {
    auto x = at;
    for (const auto& [d, value] : changes) x[d] = value;
    return process.predict(x);
  }
};

/// Values of an axis, from its one end to the other, evenly spaced as they are drawn.
std::vector<double> axis_values(const Hyperparameter& p, std::size_t wanted) {
  if (p.categorical()) return p.grid();
  std::vector<double> out;
  for (std::size_t i = 0; i < wanted; ++i) {
    const double share = (static_cast<double>(i) + 0.5) / static_cast<double>(wanted);
    out.push_back(p.sampling == Sampling::log ? p.low * std::pow(p.high / p.low, share) : p.low + share * (p.high - p.low));
  }
  return out;
}

double code_of(const Hyperparameter& p, double value) {
  return p.kind == HyperparameterKind::boolean || (p.kind == HyperparameterKind::choice && !p.ordered) ? value : p.position(value);
}

std::vector<std::string> labels_of(const Hyperparameter& p) {
  std::vector<std::string> out;
  if (p.categorical())
    for (const double v : p.grid()) out.push_back(p.label(v));
  return out;
}

}  // namespace

plot::Figure contour_figure(const TuneResult& r, const Hyperparameter& x, const Hyperparameter& y) {
  const Surrogate s(r);
  const auto xs = axis_values(x, 48), ys = axis_values(y, 48);
  plot::Field field{.x_low = x.low, .x_high = x.high, .y_low = y.low, .y_high = y.high, .columns = xs.size()};
  std::vector<double> losses;
  for (const double b : ys)
    for (const double a : xs) losses.push_back(s.predict({{s.column(x), code_of(x, a)}, {s.column(y), code_of(y, b)}}).mean);
  const auto [low, high] = std::minmax_element(losses.begin(), losses.end());
  for (const double loss : losses) field.shares.push_back(*high > *low ? 0.85 * (*high - loss) / (*high - *low) : 0);
  plot::LinePanel panel{.x_label = x.name,
                        .y_label = y.name,
                        .log_x = x.sampling == Sampling::log,
                        .log_y = y.sampling == Sampling::log,
                        .field = std::move(field),
                        .x_names = labels_of(x),
                        .y_names = labels_of(y)};
  plot::Series dots{.color = plot::ink, .width = 1.2, .dots = true}, best{.color = plot::red, .width = 2.4, .dots = true};
  for (const auto& k : s.known) {
    const double *a = k.trial->params.find(x.name), *b = k.trial->params.find(y.name);
    if (a == nullptr || b == nullptr) continue;
    auto& series = k.trial == r.best ? best : dots;
    series.x.push_back(*a);
    series.y.push_back(*b);
  }
  panel.series = {std::move(dots), std::move(best)};
  return {.panels = {panel}, .columns = 1, .panel_width = 620, .panel_height = 460};
}

plot::Figure surrogate_figure(const TuneResult& r, const Hyperparameter& p) {
  const Surrogate s(r);
  plot::Band band;
  plot::Series mean{.name = "mean", .color = plot::blue}, gain{.name = "expected improvement", .color = plot::series_color(2)};
  for (const double v : axis_values(p, 160)) {
    const auto at = s.predict({{s.column(p), code_of(p, v)}});
    const double middle = s.sign() * at.mean;
    band.x.push_back(v);
    band.low.push_back(middle - 2 * at.deviation);
    band.high.push_back(middle + 2 * at.deviation);
    mean.x.push_back(v);
    mean.y.push_back(middle);
    gain.x.push_back(v);
    gain.y.push_back(std::exp(acquisition_value(Acquisition::ei, 0, s.best, at)));
  }
  plot::Series dots{.name = "trials", .color = plot::ink, .width = 1.2, .dots = true};
  for (const auto& k : s.known)
    if (const double* v = k.trial->params.find(p.name)) {
      dots.x.push_back(*v);
      dots.y.push_back(s.sign() * k.loss);
    }
  const bool log = p.sampling == Sampling::log;
  plot::LinePanel above{
      .y_label = r.objectives[0].name, .series = {std::move(mean), std::move(dots)}, .log_x = log, .bands = {std::move(band)}};
  plot::LinePanel below{.x_label = p.name, .y_label = "expected improvement", .series = {std::move(gain)}, .log_x = log, .y_low = 0};
  return {.panels = {std::move(above), std::move(below)}, .columns = 1, .panel_width = 800, .panel_height = 300};
}

}  // namespace lehr
