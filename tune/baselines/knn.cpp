// k nearest neighbours: every sample is compared with every training sample.
#include <algorithm>
#include <cmath>

#include "engine/data/parallel_rows.h"
#include "tune/baselines/baseline.h"

namespace lehr {

namespace {

/// |a - b|^2 in double, in eight sums that the compiler keeps in vector registers.
double squared_distance(const float* a, const float* b, std::size_t n) {
  double sums[8] = {};
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (std::size_t j = 0; j < 8; ++j) {
      const double d = static_cast<double>(a[i + j]) - static_cast<double>(b[i + j]);
      sums[j] += d * d;
    }
  for (std::size_t j = 0; i < n; ++i, ++j) {
    const double d = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    sums[j] += d * d;
  }
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

class Neighbors final : public Classifier {
 public:
  Neighbors(const Knn& knn, Array x, std::vector<std::int32_t> ids, std::int64_t classes)
      : knn_(knn), x_(std::move(x)), ids_(std::move(ids)), classes_(static_cast<std::size_t>(classes)) {}

  std::int64_t parameters() const override { return static_cast<std::int64_t>(x_.count()); }

  Array predict(const Array& x, int threads) const override {
    const auto width = static_cast<std::size_t>(x_.row_elements());
    Array out({x.rows(), static_cast<std::int64_t>(classes_)}, DType::f32);
    const float *known = x_.as<float>().data(), *asked = x.as<float>().data();
    float* shares = out.as<float>().data();
    for_rows(x.rows(), threads, nullptr, [&](std::int64_t row) {
      std::vector<std::pair<double, std::size_t>> near(ids_.size());  // distance, then place: the earlier of two
      for (std::size_t i = 0; i < near.size(); ++i)
        near[i] = {squared_distance(asked + static_cast<std::size_t>(row) * width, known + i * width, width), i};
      const auto last = near.begin() + knn_.n_neighbors - 1;
      std::nth_element(near.begin(), last, near.end());
      near.erase(last + 1, near.end());
      vote(std::move(near), shares + static_cast<std::size_t>(row) * classes_);
    });
    return out;
  }

 private:
  /// By distance, a sample met again decides alone: 1 / 0 beside finite numbers.
  void vote(std::vector<std::pair<double, std::size_t>> near, float* shares) const {
    std::sort(near.begin(), near.end());
    const bool met = near.front().first == 0;
    std::vector<double> votes(classes_);
    double all = 0;
    for (const auto& [distance, i] : near) {
      const double weight = knn_.weights == NeighborWeights::uniform ? 1.0 : met ? (distance == 0 ? 1.0 : 0.0) : 1 / std::sqrt(distance);
      votes[static_cast<std::size_t>(ids_[i])] += weight;
      all += weight;
    }
    for (std::size_t c = 0; c < classes_; ++c) shares[c] = static_cast<float>(votes[c] / all);
  }

  Knn knn_;
  Array x_;
  std::vector<std::int32_t> ids_;
  std::size_t classes_;
};

}  // namespace

std::unique_ptr<Classifier> train_classifier(const Knn& knn, const Array& x, std::vector<std::int32_t> ids, std::int64_t classes) {
  if (x.rows() < knn.n_neighbors)
    throw Error({.category = Category::usage,
                 .where = "knn",
                 .what = "more neighbors than training samples",
                 .expected = "at most " + std::to_string(x.rows()),
                 .got = std::to_string(knn.n_neighbors)});
  return std::make_unique<Neighbors>(knn, x, std::move(ids), classes);
}

}  // namespace lehr
