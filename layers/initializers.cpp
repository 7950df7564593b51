#include "layers/initializers.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/fill.h"
#include "kernels/make.h"

namespace lehr {

Fans fans_of(const Shape& shape) {
  if (shape.rank() == 0) return {};
  if (shape.rank() == 1) return {.in = static_cast<double>(shape[0]), .out = static_cast<double>(shape[0])};
  double window = 1;
  for (std::size_t i = 0; i + 2 < shape.rank(); ++i) window *= static_cast<double>(shape[i]);
  return {.in = static_cast<double>(shape[shape.rank() - 2]) * window, .out = static_cast<double>(shape.back()) * window};
}

namespace {

// VarianceScaling: uniform limit sqrt(3 s); truncated normal with stddev sqrt(s)/0.8796..., the factor that cutting at two sigma takes
// away.
FillSpec scaled(double scale, bool uniform) {
  constexpr double truncation = 0.87962566103423978;
  if (uniform) return {.distribution = Distribution::uniform, .a = -std::sqrt(3 * scale), .b = std::sqrt(3 * scale)};
  return {.distribution = Distribution::truncated_normal, .a = 0, .b = std::sqrt(scale) / truncation};
}

FillSpec fill_spec(const Initializer& i, const Shape& shape) {
  const auto [in, out] = fans_of(shape);
  const double average = (in + out) / 2;
  switch (i.kind) {
    case InitializerKind::zeros:
      return {.distribution = Distribution::constant, .a = 0};
    case InitializerKind::ones:
      return {.distribution = Distribution::constant, .a = 1};
    case InitializerKind::constant:
      return {.distribution = Distribution::constant, .a = i.a};
    case InitializerKind::glorot_uniform:
      return scaled(1 / std::max(1.0, average), true);
    case InitializerKind::glorot_normal:
      return scaled(1 / std::max(1.0, average), false);
    case InitializerKind::he_uniform:
      return scaled(2 / std::max(1.0, in), true);
    case InitializerKind::he_normal:
      return scaled(2 / std::max(1.0, in), false);
    case InitializerKind::lecun_uniform:
      return scaled(1 / std::max(1.0, in), true);
    case InitializerKind::lecun_normal:
      return scaled(1 / std::max(1.0, in), false);
    case InitializerKind::variance_scaling: {
      const double fan = i.mode == FanMode::fan_in ? in : i.mode == FanMode::fan_out ? out : average, scale = i.a / std::max(1.0, fan);
      if (i.distribution == ScalingDistribution::untruncated_normal)
        return {.distribution = Distribution::normal, .a = 0, .b = std::sqrt(scale)};
      return scaled(scale, i.distribution == ScalingDistribution::uniform);
    }
    case InitializerKind::random_uniform:
      return {.distribution = Distribution::uniform, .a = i.a, .b = i.b};
    case InitializerKind::truncated_normal:
      return {.distribution = Distribution::truncated_normal, .a = i.a, .b = i.b};
    default:
      return {.distribution = Distribution::normal, .a = i.a, .b = i.b};
  }
}

// Columns of a random [rows, columns] matrix made orthonormal by modified Gram-Schmidt in double (Keras: QR of a normal matrix, signs of
// R's diagonal made positive, which is what Gram-Schmidt gives).
void make_orthonormal(std::vector<double>& a, std::int64_t rows, std::int64_t columns) {
  const auto dot = [&](std::int64_t p, std::int64_t q) {
    double sum = 0;
    for (std::int64_t r = 0; r < rows; ++r) sum += a[r * columns + p] * a[r * columns + q];
    return sum;
  };
  for (std::int64_t c = 0; c < columns; ++c) {
    for (std::int64_t p = 0; p < c; ++p) {
      const double along = dot(p, c);
      for (std::int64_t r = 0; r < rows; ++r) a[r * columns + c] -= along * a[r * columns + p];
    }
    const double norm = std::sqrt(dot(c, c));
    for (std::int64_t r = 0; r < rows; ++r) a[r * columns + c] /= norm;
  }
}

void initialize_orthogonal(State& state, std::size_t index, double gain) {
  const Shape shape = state.tensors()[index].shape;
  const std::int64_t columns = shape.back(), rows = shape.elements() / columns;
  const bool wide = rows < columns;
  Array values = state.read(index);
  std::vector<double> a(values.as<float>().begin(), values.as<float>().end());  // normal numbers, read as [max, min]
  make_orthonormal(a, wide ? columns : rows, wide ? rows : columns);
  const auto out = values.as<float>();
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < columns; ++c)
      out[r * columns + c] = static_cast<float>(gain * (wide ? a[c * rows + r] : a[r * columns + c]));
  state.write(index, values);
}

}  // namespace

void initialize(State& state, std::size_t index, const Initializer& initializer, RandomKey key) {
  const auto& tensor = state.tensors().at(index);
  const bool orthogonal = initializer.kind == InitializerKind::orthogonal;
  FillSpec spec = fill_spec(orthogonal ? Initializer{.kind = InitializerKind::random_normal, .a = 0, .b = 1} : initializer, tensor.shape);
  spec.count = tensor.shape.elements();
  spec.key = key;
  make(spec, state.backend())->run(state.value(index), state.backend().stream());
  if (orthogonal) initialize_orthogonal(state, index, initializer.a == 0 ? 1 : initializer.a);
  state.touch();
}

}  // namespace lehr
