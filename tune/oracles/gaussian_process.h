// gaussian_process.h: regression with an ARD Matern 5/2 kernel whose length scales, scale and noise maximize the marginal likelihood.
//
//   k(a, b) = s (1 + sqrt5 r + 5 r^2 / 3) exp(-sqrt5 r),   r^2 = sum_d w_d (a_d - b_d)^2,   w_d [a_d != b_d] for categories
//
// Rasmussen, Williams: Gaussian Processes for Machine Learning (2006), algorithm 2.1 and equation 5.9. Weak priors keep a few points from
// being explained by noise alone or by one value alone.
#pragma once

#include <memory>
#include <vector>

namespace lehr {

struct GaussianProcessData {
  std::vector<std::vector<double>> x = {};  ///< rows in the unit cube; categories as indices
  std::vector<double> y = {};
  std::vector<bool> categorical = {};  ///< one a column
};

class GaussianProcess {
 public:
  /// Targets are standardized inside. Needs at least one row.
  explicit GaussianProcess(const GaussianProcessData& data);
  GaussianProcess(GaussianProcess&&) noexcept;
  GaussianProcess& operator=(GaussianProcess&&) noexcept;
  ~GaussianProcess();

  struct Prediction {
    double mean = 0, deviation = 0;                                   ///< in the targets' unit
    std::vector<double> mean_gradient = {}, deviation_gradient = {};  ///< filled by predict_with_gradient; 0 for categories
  };
  Prediction predict(const std::vector<double>& x) const;
  Prediction predict_with_gradient(const std::vector<double>& x) const;
  /// One more row under the same kernel: a running trial as if it had ended so.
  void add(const std::vector<double>& x, double y);
  const std::vector<double>& inverse_squared_lengths() const;
  double log_likelihood() const;  ///< of the standardized targets

 private:
  struct Fit;
  std::unique_ptr<Fit> fit_;
};

}  // namespace lehr
