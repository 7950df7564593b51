#include "tune/oracles/bayesian.h"

#include <algorithm>
#include <cmath>
#include <nlopt.hpp>

#include "tune/oracles/latin_hypercube.h"
#include "tune/oracles/scores.h"
#include "tune/oracles/untried.h"

namespace lehr {

namespace {

constexpr std::size_t climbs = 5;  // from the best points of each kind
constexpr double log_root_2pi = 0.91893853320467274178;

/// log(phi(z) + z Phi(z)); its derivative is Phi(z) / (phi(z) + z Phi(z)).
double log_h(double z) {
  if (z < -25) return -0.5 * z * z - log_root_2pi - 2 * std::log(-z);
  const double density = std::exp(-0.5 * z * z - log_root_2pi), below = 0.5 * std::erfc(-z * 0.70710678118654752440);
  return std::log(std::max(density + z * below, 1e-300));
}

double log_h_slope(double z) {
  if (z < -25) return -z - 2 / z;
  const double density = std::exp(-0.5 * z * z - log_root_2pi), below = 0.5 * std::erfc(-z * 0.70710678118654752440);
  return below / std::max(density + z * below, 1e-300);
}

bool is_category(const Hyperparameter& p) {
  return p.kind == HyperparameterKind::boolean || (p.kind == HyperparameterKind::choice && !p.ordered);
}

/// The best point of the unit cube under one fitted process.
class Search {
 public:
  Search(const Bayesian& oracle, const Space& space, const GaussianProcess& process, double best, std::size_t rows)
      : o_(oracle), space_(space), process_(process), best_(best), rows_(rows) {}

  Values run(Draw& draw, const std::vector<std::vector<double>>& good) const {
    using Candidate = std::pair<double, std::vector<double>>;
    const auto candidate = [&](const Values& v) {
      auto x = encoded(space_, v);
      const double worth = value(x);
      return Candidate{worth, std::move(x)};
    };
    std::vector<Candidate> far, near;
    const auto count = std::clamp<std::size_t>(120'000 / std::max<std::size_t>(rows_, 1), 400, 2000);
    for (std::size_t i = 0; i < count; ++i) far.push_back(candidate(random_values(space_, draw)));
    for (const auto& x : good)  // and near what was good
      for (int i = 0; i < 20; ++i) {
        auto y = x;
        const double radius = std::pow(10.0, -0.5 - draw.uniform() * 2);
        for (std::size_t d = 0; d < y.size(); ++d)
          if (!is_category(space_.parameters()[d])) y[d] = std::clamp(y[d] + radius * draw.normal(), 0.0, 1.0);
        near.push_back(candidate(decoded(y)));
      }
    // The best of both kinds are climbed from: near points are always the higher ones, and alone they would find one hill only.
    Candidate top = far.front();
    for (auto* kind : {&near, &far}) {
      const auto starts = std::min(climbs, kind->size());
      std::partial_sort(kind->begin(), kind->begin() + static_cast<std::ptrdiff_t>(starts), kind->end(),
                        [](const Candidate& a, const Candidate& b) { return a.first > b.first; });
      for (std::size_t i = 0; i < starts; ++i)
        if (auto refined = refine((*kind)[i].second); refined.first > top.first) top = std::move(refined);
    }
    return decoded(top.second);
  }

 private:
  double value(const std::vector<double>& x) const { return acquisition_value(o_.acquisition, o_.beta, best_, process_.predict(x)); }

  Values decoded(const std::vector<double>& x) const {
    std::size_t d = 0;
    std::vector<double> by_name;
    return space_.fill([&](const Hyperparameter& p) {
      d = static_cast<std::size_t>(&p - space_.parameters().data());
      return is_category(p) ? x[d] : p.at(x[d]);
    });
  }

  std::pair<double, std::vector<double>> refine(std::vector<double> x) const {
    double now = value(x);
    for (int round = 0; round < 2; ++round) {
      climb(x);
      now = value(x);
      for (std::size_t d = 0; d < x.size(); ++d) {
        const auto& p = space_.parameters()[d];
        const auto n = p.count();
        if (!n || *n < 2) continue;
        for (const double other : neighbours(p, x[d], *n)) {
          auto y = x;
          y[d] = other;
          if (const double v = value(y); v > now) {
            now = v;
            x = std::move(y);
          }
        }
      }
    }
    return {now, x};
  }

  static std::vector<double> neighbours(const Hyperparameter& p, double x, std::uint64_t n) {
    std::vector<double> out;
    if (is_category(p)) {
      for (std::uint64_t i = 0; i < n && i < 32; ++i) out.push_back(static_cast<double>(i));
      return out;
    }
    for (const double step : {-3.0, -1.0, 1.0, 3.0}) {
      const double y = x + step / static_cast<double>(n);
      if (y > 0 && y < 1) out.push_back(p.position(p.at(y)));
    }
    return out;
  }

  /// L-BFGS over what is continuous.
  void climb(std::vector<double>& x) const {
    std::vector<std::size_t> free;
    for (std::size_t d = 0; d < x.size(); ++d)
      if (!space_.parameters()[d].count()) free.push_back(d);
    if (free.empty()) return;
    struct Context {
      const Search* search;
      const std::vector<std::size_t>* free;
      std::vector<double> x;
    } context{.search = this, .free = &free, .x = x};
    const auto call = [](const std::vector<double>& u, std::vector<double>& gradient, void* data) {
      auto& c = *static_cast<Context*>(data);
      for (std::size_t i = 0; i < u.size(); ++i) c.x[(*c.free)[i]] = u[i];
      const auto p = c.search->process_.predict_with_gradient(c.x);
      for (std::size_t i = 0; i < gradient.size(); ++i)
        gradient[i] = c.search->slope(p, p.mean_gradient[(*c.free)[i]], p.deviation_gradient[(*c.free)[i]]);
      return acquisition_value(c.search->o_.acquisition, c.search->o_.beta, c.search->best_, p);
    };
    nlopt::opt optimizer(nlopt::LD_LBFGS, static_cast<unsigned>(free.size()));
    optimizer.set_max_objective(call, &context);
    optimizer.set_lower_bounds(0);
    optimizer.set_upper_bounds(1);
    optimizer.set_maxeval(40);
    optimizer.set_xtol_abs(1e-7);
    std::vector<double> u;
    for (const auto d : free) u.push_back(std::clamp(x[d], 0.0, 1.0));
    const auto start = u;
    double reached = 0;
    try {
      optimizer.optimize(u, reached);
    } catch (const std::exception&) {  // no better point along the line: the start stays
      u = start;
    }
    for (std::size_t i = 0; i < free.size(); ++i) x[free[i]] = u[i];
  }

  double slope(const GaussianProcess::Prediction& p, double by_mean, double by_deviation) const {
    if (o_.acquisition != Acquisition::ei) return -by_mean + o_.beta * by_deviation;
    const double z = (best_ - p.mean) / p.deviation, h = log_h_slope(z);
    return by_deviation / p.deviation + h * (-by_mean - z * by_deviation) / p.deviation;
  }

  const Bayesian& o_;
  const Space& space_;
  const GaussianProcess& process_;
  double best_;
  std::size_t rows_;
};

}  // namespace

double acquisition_value(Acquisition acquisition, double beta, double best, const GaussianProcess::Prediction& p) {
  if (acquisition != Acquisition::ei) return -(p.mean - beta * p.deviation);
  return std::log(p.deviation) + log_h((best - p.mean) / p.deviation);
}

std::vector<double> encoded(const Space& space, const Values& values) {
  std::vector<double> out;
  for (const auto& p : space.parameters()) {
    const double* v = values.find(p.name);
    const double value = v != nullptr ? *v : p.default_value();
    out.push_back(is_category(p) ? value : p.position(value));
  }
  return out;
}

std::vector<bool> categorical_columns(const Space& space) {
  std::vector<bool> out;
  for (const auto& p : space.parameters()) out.push_back(is_category(p));
  return out;
}

Answer propose(const Bayesian& o, const Question& question) {
  if (static_cast<std::int64_t>(question.trials.size()) >= o.trials) return Exhausted{.why = std::to_string(o.trials) + " trials done"};
  Draw draw = draw_for(question.seed, OracleStream::bayesian, question.trials.size());
  auto known = scored(question);
  const auto wanted =
      o.num_initial_points.value_or(std::clamp<std::int64_t>(3 * static_cast<std::int64_t>(question.space.parameters().size()), 3, 10));
  const auto initial = static_cast<std::size_t>(std::max<std::int64_t>(wanted, 1));
  std::optional<Values> values;
  if (known.size() < initial) {
    values = untried(question, draw, [&] { return latin_hypercube_values(question, OracleStream::bayesian_start, initial, draw); });
  } else {
    GaussianProcessData data{.categorical = categorical_columns(question.space)};
    for (const auto& s : known) {
      data.x.push_back(encoded(question.space, s.trial->params));
      data.y.push_back(s.loss);
    }
    GaussianProcess process(data);
    for (const Trial& t : question.trials) {  // as KerasTuner: a running trial ends a deviation worse than expected
      if (t.state != TrialState::running || t.params.empty()) continue;
      const auto x = encoded(question.space, t.params);
      const auto p = process.predict(x);
      process.add(x, p.mean + p.deviation);
    }
    std::stable_sort(known.begin(), known.end(), [](const Scored& a, const Scored& b) { return a.loss < b.loss; });
    std::vector<std::vector<double>> good;
    for (std::size_t i = 0; i < std::min<std::size_t>(3, known.size()); ++i)
      good.push_back(encoded(question.space, known[i].trial->params));
    const Search search(o, question.space, process, known.front().loss, data.y.size());
    int asked = 0;
    values = untried(question, draw, [&] { return asked++ == 0 ? search.run(draw, good) : random_values(question.space, draw); });
  }
  if (!values) return all_done(question);
  return Proposal{.values = *std::move(values)};
}

OraclePlan plan_of(const Bayesian& o, const Space& space) {
  const auto n = space.count();
  return {.trials = n ? std::min<std::int64_t>(o.trials, static_cast<std::int64_t>(*n)) : o.trials};
}

}  // namespace lehr
