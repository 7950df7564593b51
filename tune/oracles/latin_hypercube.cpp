#include "tune/oracles/latin_hypercube.h"

#include <numeric>

namespace lehr {

namespace {

/// Fisher and Yates; of one value, the same for every trial of the study.
std::vector<std::size_t> order_of(const Question& question, OracleStream stream, std::size_t points, std::size_t parameter) {
  Draw draw = draw_for(question.seed, stream, parameter);
  std::vector<std::size_t> order(points);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t i = points; i > 1; --i) std::swap(order[i - 1], order[draw.below(i)]);
  return order;
}

}  // namespace

Values latin_hypercube_values(const Question& question, OracleStream stream, std::size_t points, Draw& draw) {
  const std::size_t row = question.trials.size() % points;
  return question.space.fill([&](const Hyperparameter& p) {
    const auto parameter = static_cast<std::size_t>(&p - question.space.parameters().data());
    const auto part = static_cast<double>(order_of(question, stream, points, parameter)[row]);
    return p.at((part + draw.uniform()) / static_cast<double>(points));
  });
}

}  // namespace lehr
