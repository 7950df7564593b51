// Logistic regression: the cross-entropy of a softmax of linear functions, in double. The samples are read in blocks, whose sums are added in
// order: the bits do not depend on the number of threads.
#include <cmath>

#include "engine/data/parallel_rows.h"
#include "tune/baselines/baseline.h"
#include "tune/baselines/lbfgs.h"

namespace lehr {

namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;
using Rows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// weights [outputs, features | 1]: the last column holds the intercepts. Two classes have one output, the log odds of the second.
struct Linear {
  std::int64_t features, outputs;
  std::int64_t size() const { return (features + 1) * outputs; }
  MatrixXd scores(const VectorXd& weights, const MatrixXd& x) const {
    const Eigen::Map<const MatrixXd> w(weights.data(), outputs, features + 1);
    return (x * w.leftCols(features).transpose()).rowwise() + w.col(features).transpose();
  }
};

constexpr std::int64_t block = 256;

MatrixXd block_of(const Array& x, std::int64_t begin) {
  const std::int64_t n = std::min(block, x.rows() - begin);
  return Eigen::Map<const Rows>(x.as<float>().data() + begin * x.row_elements(), n, x.row_elements()).cast<double>();
}

/// Scores become probabilities of each output; the sum of -log p of the true classes is returned.
double probabilities(MatrixXd& z, const std::int32_t* ids) {
  double loss = 0;
  for (Eigen::Index row = 0; row < z.rows(); ++row) {
    if (z.cols() == 1) {
      const double s = z(row, 0);
      if (ids != nullptr) loss += std::log1p(std::exp(-std::abs(s))) + std::max(s, 0.0) - (ids[row] == 1 ? s : 0);
      z(row, 0) = s >= 0 ? 1 / (1 + std::exp(-s)) : std::exp(s) / (1 + std::exp(s));
      continue;
    }
    const double top = z.row(row).maxCoeff();
    const double score = ids != nullptr ? z(row, ids[row]) : top;
    z.row(row) = (z.row(row).array() - top).exp();
    const double sum = z.row(row).sum();
    z.row(row) /= sum;
    loss += std::log(sum) + top - score;
  }
  return loss;
}

class Regression final : public Classifier {
 public:
  Regression(Linear form, VectorXd weights) : form_(form), weights_(std::move(weights)) {}
  std::int64_t parameters() const override { return form_.size(); }

  Array predict(const Array& x, int threads) const override {
    const std::int64_t classes = form_.outputs == 1 ? 2 : form_.outputs;
    Array out({x.rows(), classes}, DType::f32);
    float* to = out.as<float>().data();
    for_rows((x.rows() + block - 1) / block, threads, nullptr, [&](std::int64_t b) {
      MatrixXd p = form_.scores(weights_, block_of(x, b * block));
      probabilities(p, nullptr);
      for (Eigen::Index row = 0; row < p.rows(); ++row)
        for (std::int64_t c = 0; c < classes; ++c)
          to[(b * block + row) * classes + c] = static_cast<float>(form_.outputs > 1 ? p(row, c) : c == 1 ? p(row, 0) : 1 - p(row, 0));
    });
    return out;
  }

 private:
  Linear form_;
  VectorXd weights_;
};

/// Of all samples, a mean: sum of cross-entropy / n + |weights|^2 / (2 C n).
double objective(const Linear& form, const Array& x, const std::vector<std::int32_t>& ids, double C, int threads, const VectorXd& weights,
                 VectorXd& gradient) {
  const std::int64_t blocks = (x.rows() + block - 1) / block;
  std::vector<MatrixXd> parts(static_cast<std::size_t>(blocks));
  std::vector<double> losses(parts.size());
  for_rows(blocks, threads, nullptr, [&](std::int64_t b) {
    const MatrixXd samples = block_of(x, b * block);
    const std::int32_t* truth = ids.data() + b * block;
    MatrixXd p = form.scores(weights, samples);
    losses[static_cast<std::size_t>(b)] = probabilities(p, truth);
    for (Eigen::Index row = 0; row < p.rows(); ++row)
      if (form.outputs > 1 || truth[row] == 1) p(row, form.outputs > 1 ? truth[row] : 0) -= 1;
    MatrixXd part(form.outputs, form.features + 1);
    part.leftCols(form.features) = p.transpose() * samples;
    part.col(form.features) = p.colwise().sum().transpose();
    parts[static_cast<std::size_t>(b)] = std::move(part);
  });
  const auto n = static_cast<double>(x.rows());
  const Eigen::Map<const MatrixXd> w(weights.data(), form.outputs, form.features + 1);
  Eigen::Map<MatrixXd> g(gradient.data(), form.outputs, form.features + 1);
  g.setZero();
  double loss = 0;
  for (std::size_t b = 0; b < parts.size(); ++b) {
    g += parts[b];
    loss += losses[b];
  }
  g /= n;
  g.leftCols(form.features) += w.leftCols(form.features) / (C * n);
  return loss / n + w.leftCols(form.features).squaredNorm() / (2 * C * n);
}

}  // namespace

std::unique_ptr<Classifier> train_classifier(const LogisticRegression& r, const Array& x, const std::vector<std::int32_t>& ids,
                                             std::int64_t classes, int threads) {
  if (classes < 2)
    throw Error({.category = Category::data,
                 .where = "logistic_regression",
                 .what = "there is nothing to tell apart",
                 .expected = "two classes or more",
                 .got = std::to_string(classes)});
  const Linear form{.features = x.row_elements(), .outputs = classes == 2 ? 1 : classes};
  VectorXd weights = minimize([&](const VectorXd& at, VectorXd& gradient) { return objective(form, x, ids, r.C, threads, at, gradient); },
                              VectorXd::Zero(form.size()), r.tol, r.max_iter);
  return std::make_unique<Regression>(form, std::move(weights));
}

}  // namespace lehr
