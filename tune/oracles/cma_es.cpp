#include "tune/oracles/cma_es.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "tune/oracles/scores.h"
#include "tune/oracles/untried.h"

namespace lehr {

namespace {

/// The strategy after the generations that are done: learned again from the trials each time it is asked.
class Strategy {
 public:
  Strategy(std::size_t dimensions, std::size_t population, double sigma)
      : n_(static_cast<Eigen::Index>(dimensions)), sigma_(sigma), mean_(Eigen::VectorXd::Constant(n_, 0.5)) {
    const auto half = static_cast<Eigen::Index>(population / 2);
    weights_.resize(half);
    for (Eigen::Index i = 0; i < half; ++i)
      weights_[i] = std::log(0.5 * static_cast<double>(population + 1)) - std::log(static_cast<double>(i + 1));
    weights_ /= weights_.sum();
    effective_ = 1 / weights_.squaredNorm();
    const auto d = static_cast<double>(n_);
    step_rate_ = (effective_ + 2) / (d + effective_ + 5);
    step_damping_ = 1 + 2 * std::max(0.0, std::sqrt((effective_ - 1) / (d + 1)) - 1) + step_rate_;
    path_rate_ = (4 + effective_ / d) / (d + 4 + 2 * effective_ / d);
    rank_one_ = 2 / ((d + 1.3) * (d + 1.3) + effective_);
    rank_mu_ = std::min(1 - rank_one_, 2 * (effective_ - 2 + 1 / effective_) / ((d + 2) * (d + 2) + effective_));
    expected_norm_ = std::sqrt(d) * (1 - 1 / (4 * d) + 1 / (21 * d * d));
    covariance_ = Eigen::MatrixXd::Identity(n_, n_);
    step_path_ = path_ = Eigen::VectorXd::Zero(n_);
    decompose();
  }

  /// Positions of one generation, best first.
  void learn(const std::vector<Eigen::VectorXd>& ranked) {
    const Eigen::VectorXd old = mean_;
    mean_.setZero();
    for (Eigen::Index i = 0; i < weights_.size(); ++i) mean_ += weights_[i] * ranked[static_cast<std::size_t>(i)];
    const Eigen::VectorXd moved = (mean_ - old) / sigma_;
    step_path_ = (1 - step_rate_) * step_path_ + std::sqrt(step_rate_ * (2 - step_rate_) * effective_) *
                                                     (basis_ * scales_.cwiseInverse().asDiagonal() * basis_.transpose() * moved);
    ++generation_;
    const double norm = step_path_.norm();
    const double settled = norm / std::sqrt(1 - std::pow(1 - step_rate_, 2.0 * generation_));
    const bool open = settled < (1.4 + 2 / (static_cast<double>(n_) + 1)) * expected_norm_;
    path_ = (1 - path_rate_) * path_ + (open ? std::sqrt(path_rate_ * (2 - path_rate_) * effective_) : 0) * moved;
    covariance_ *= 1 - rank_one_ - rank_mu_ + (open ? 0 : rank_one_ * path_rate_ * (2 - path_rate_));
    covariance_ += rank_one_ * path_ * path_.transpose();
    for (Eigen::Index i = 0; i < weights_.size(); ++i) {
      const Eigen::VectorXd y = (ranked[static_cast<std::size_t>(i)] - old) / sigma_;
      covariance_ += rank_mu_ * weights_[i] * y * y.transpose();
    }
    sigma_ = std::clamp(sigma_ * std::exp(step_rate_ / step_damping_ * (norm / expected_norm_ - 1)), 1e-8, 1.0);
    decompose();
  }

  /// Drawn again while it lies outside the cube, at most 100 times, then moved to its side.
  std::vector<double> sample(Draw& draw) const {
    Eigen::VectorXd x;
    for (int attempt = 0; attempt < 100; ++attempt) {
      Eigen::VectorXd z(n_);
      for (Eigen::Index i = 0; i < n_; ++i) z[i] = draw.normal();
      x = mean_ + sigma_ * (basis_ * scales_.asDiagonal() * z);
      if (x.minCoeff() >= 0 && x.maxCoeff() < 1) break;
    }
    std::vector<double> out;
    for (Eigen::Index i = 0; i < n_; ++i) out.push_back(std::clamp(x[i], 0.0, 1.0));
    return out;
  }

 private:
  void decompose() {
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(covariance_);
    basis_ = solver.eigenvectors();
    scales_ = solver.eigenvalues().cwiseMax(1e-14).cwiseSqrt();
  }

  Eigen::Index n_;
  double sigma_, effective_ = 0, step_rate_ = 0, step_damping_ = 0, path_rate_ = 0, rank_one_ = 0, rank_mu_ = 0, expected_norm_ = 0;
  int generation_ = 0;
  Eigen::VectorXd mean_, weights_, step_path_, path_, scales_;
  Eigen::MatrixXd covariance_, basis_;
};

Eigen::VectorXd positions(const Space& space, const Values& values) {
  Eigen::VectorXd out(static_cast<Eigen::Index>(space.parameters().size()));
  for (std::size_t d = 0; d < space.parameters().size(); ++d) {
    const auto& p = space.parameters()[d];
    const double* v = values.find(p.name);
    out[static_cast<Eigen::Index>(d)] = p.position(v != nullptr ? *v : p.default_value());
  }
  return out;
}

}  // namespace

Answer propose(const CmaEs& o, const Question& question) {
  if (static_cast<std::int64_t>(question.trials.size()) >= o.trials) return Exhausted{.why = std::to_string(o.trials) + " trials done"};
  const std::size_t n = question.space.parameters().size();
  Draw draw = draw_for(question.seed, OracleStream::cma_es, question.trials.size());
  if (n == 0) return all_done(question);
  const auto population = static_cast<std::size_t>(
      std::max<std::int64_t>(o.population.value_or(4 + static_cast<std::int64_t>(3 * std::log(static_cast<double>(n)))), 4));
  Strategy strategy(n, population, o.sigma);
  const auto all = scored(question);
  std::int64_t generation = 0;
  for (;; ++generation) {
    std::vector<Scored> members;
    for (const auto& s : all)
      if (s.trial->stage.round == generation && members.size() < population) members.push_back(s);
    if (members.size() < population) break;
    std::stable_sort(members.begin(), members.end(), [](const Scored& a, const Scored& b) { return a.loss < b.loss; });
    std::vector<Eigen::VectorXd> ranked;
    for (const auto& s : members) ranked.push_back(positions(question.space, s.trial->params));
    strategy.learn(ranked);
  }
  const auto values = untried(question, draw, [&] {
    const auto x = strategy.sample(draw);
    return question.space.fill(
        [&](const Hyperparameter& p) { return p.at(x[static_cast<std::size_t>(&p - question.space.parameters().data())]); });
  });
  if (!values) return all_done(question);
  return Proposal{.values = *values, .stage = {.round = generation}};
}

OraclePlan plan_of(const CmaEs& o, const Space& space) {
  const auto n = space.count();
  return {.trials = n ? std::min<std::int64_t>(o.trials, static_cast<std::int64_t>(*n)) : o.trials};
}

}  // namespace lehr
