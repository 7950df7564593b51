// parzen.h: a mixture of products of truncated normals and categories, one kernel a trial and one flat one.
#pragma once

#include <vector>

#include "tune/oracles/draw.h"
#include "tune/space/space.h"

namespace lehr {

class ParzenEstimator {
 public:
  /// rows: values of the parameters in each trial, oldest first.
  ParzenEstimator(const std::vector<const Hyperparameter*>& parameters, const std::vector<std::vector<double>>& rows, double prior_weight);
  std::vector<double> sample(Draw& draw) const;
  double log_density(const std::vector<double>& row) const;

 private:
  /// Bounds and kernels of one value on its own scale: logarithms where it is sampled so, half a step beyond the bounds where it is stepped.
  struct Column {
    const Hyperparameter* parameter = nullptr;
    double low = 0, high = 0, step = 0;
    bool log = false;
    std::vector<double> mean = {}, deviation = {};      // numbers
    std::vector<std::vector<double>> probability = {};  // categories: kernel, choice
  };
  Column numbers(const Hyperparameter& p, const std::vector<double>& values) const;
  Column categories(const Hyperparameter& p, const std::vector<double>& values, double prior_weight) const;
  static double kernel_log_density(const Column& c, std::size_t kernel, double value);
  std::vector<Column> columns_;
  std::vector<double> weights_;
};

}  // namespace lehr
