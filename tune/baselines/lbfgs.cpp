#include "tune/baselines/lbfgs.h"

#include <deque>
#include <limits>
#include <ranges>

namespace lehr {

namespace {

using Eigen::VectorXd;

class Memory {
 public:
  void add(VectorXd step, VectorXd change) {
    if (const double product = step.dot(change); product > 0) pairs_.push_back({std::move(step), std::move(change), 1 / product});
    if (pairs_.size() > 10) pairs_.pop_front();
  }
  /// The approximate inverse Hessian times the gradient, downhill.
  VectorXd direction(const VectorXd& gradient) const {
    VectorXd d = -gradient;
    if (pairs_.empty()) return d / std::max(1.0, gradient.norm());
    std::vector<double> alphas;
    for (const auto& p : std::views::reverse(pairs_)) {
      alphas.push_back(p.rho * p.step.dot(d));
      d -= alphas.back() * p.change;
    }
    d /= pairs_.back().rho * pairs_.back().change.squaredNorm();
    for (const auto& p : pairs_) {
      d += (alphas.back() - p.rho * p.change.dot(d)) * p.step;
      alphas.pop_back();
    }
    return d;
  }

 private:
  struct Pair {
    VectorXd step, change;
    double rho;
  };
  std::deque<Pair> pairs_;
};

}  // namespace

Eigen::VectorXd minimize(const Smooth& f, Eigen::VectorXd x, double tol, int max_iter) {
  VectorXd gradient(x.size());
  double value = f(x, gradient);
  Memory memory;
  for (int i = 0; i < max_iter && gradient.lpNorm<Eigen::Infinity>() > tol; ++i) {
    const VectorXd d = memory.direction(gradient);
    const double slope = gradient.dot(d);
    double low = 0, high = std::numeric_limits<double>::infinity(), t = 1;
    VectorXd to(x.size()), there(x.size());
    bool found = false;
    for (int k = 0; k < 50 && !found; ++k) {
      to = x + t * d;
      const double reached = f(to, there);
      if (!(reached <= value + 1e-4 * t * slope)) {
        high = t;
      } else if (there.dot(d) < 0.9 * slope) {
        low = t;
      } else {
        value = reached;
        found = true;
        break;
      }
      t = high < std::numeric_limits<double>::infinity() ? (low + high) / 2 : 2 * low;
    }
    if (!found) break;
    memory.add(to - x, there - gradient);
    x = std::move(to);
    gradient = std::move(there);
  }
  return x;
}

}  // namespace lehr
