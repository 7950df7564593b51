#include "kernels/broadcast.h"

#include <algorithm>

#include "kernels/cpu/element.h"

namespace lehr {
namespace {

template <BinaryFunction f>
float apply(float a, float b) {
  if constexpr (f == BinaryFunction::add) return a + b;
  if constexpr (f == BinaryFunction::subtract) return a - b;
  if constexpr (f == BinaryFunction::multiply) return a * b;
  if constexpr (f == BinaryFunction::divide) return a / b;
  if constexpr (f == BinaryFunction::maximum) return a >= b ? a : b;
  if constexpr (f == BinaryFunction::minimum) return a <= b ? a : b;
  if constexpr (f == BinaryFunction::prelu) return a >= 0 ? a : a * b;
}
/// dy * df/da, or dy * df/db.
template <BinaryFunction f, bool of_b>
float slope(float a, float b, float dy) {
  if constexpr (f == BinaryFunction::add) return dy;
  if constexpr (f == BinaryFunction::subtract) return of_b ? -dy : dy;
  if constexpr (f == BinaryFunction::multiply) return dy * (of_b ? a : b);
  if constexpr (f == BinaryFunction::divide) return of_b ? -dy * a / (b * b) : dy / b;
  if constexpr (f == BinaryFunction::maximum) return (a >= b) != of_b ? dy : 0.0F;
  if constexpr (f == BinaryFunction::minimum) return (a <= b) != of_b ? dy : 0.0F;
  if constexpr (f == BinaryFunction::prelu) return of_b ? (a < 0 ? dy * a : 0.0F) : (a > 0 ? dy : a < 0 ? dy * b : 0.0F);
}

/// work.template operator()<function>() for the function that is asked for.
template <class Work>
auto with_function(BinaryFunction function, const Work& work) {
  switch (function) {
    case BinaryFunction::add:
      return work.template operator()<BinaryFunction::add>();
    case BinaryFunction::subtract:
      return work.template operator()<BinaryFunction::subtract>();
    case BinaryFunction::multiply:
      return work.template operator()<BinaryFunction::multiply>();
    case BinaryFunction::divide:
      return work.template operator()<BinaryFunction::divide>();
    case BinaryFunction::maximum:
      return work.template operator()<BinaryFunction::maximum>();
    case BinaryFunction::minimum:
      return work.template operator()<BinaryFunction::minimum>();
    case BinaryFunction::prelu:
      break;
  }
  return work.template operator()<BinaryFunction::prelu>();
}

template <BinaryFunction f, class A, class B>
LEHR_SIMD void both(const A* a, const B* b, A* y, std::int64_t n) {
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) store(y, i, apply<f>(load(a, i), load(b, i)));
}
template <BinaryFunction f, class A, class B>
LEHR_SIMD void one_a(const A* a, const B* b, A* y, std::int64_t n) {
  const float first = load(a, 0);
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) store(y, i, apply<f>(first, load(b, i)));
}
template <BinaryFunction f, class A, class B>
LEHR_SIMD void one_b(const A* a, const B* b, A* y, std::int64_t n) {
  const float second = load(b, 0);
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) store(y, i, apply<f>(load(a, i), second));
}

/// Where row (outer, middle) of an operand begins.
std::int64_t row_of(const std::array<std::int64_t, 3>& shape, std::int64_t outer, std::int64_t middle) {
  return ((shape[0] == 1 ? 0 : outer) * shape[1] + (shape[1] == 1 ? 0 : middle)) * shape[2];
}

template <BinaryFunction f, class A, class B>
class CpuBroadcast final : public Broadcast {
 public:
  CpuBroadcast(const Cpu& cpu, const BroadcastSpec& spec) : cpu_(cpu), spec_(spec) {}
  void run(ConstView a, ConstView b, View y, Stream&) override {
    const auto shape = spec_.y();
    const std::int64_t width = shape[2];
    for_chunks(cpu_, spec_.count(), element_chunk, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      for (std::int64_t at = begin; at < end;) {
        const std::int64_t row = at / width, column = at % width, n = std::min(width - column, end - at);
        const std::int64_t outer = row / shape[1], middle = row % shape[1];
        const A* from = a.as<A>() + row_of(spec_.a, outer, middle) + (spec_.a[2] == 1 ? 0 : column);
        const B* with = b.as<B>() + row_of(spec_.b, outer, middle) + (spec_.b[2] == 1 ? 0 : column);
        if (spec_.b[2] == 1)
          one_b<f>(from, with, y.as<A>() + at, n);
        else if (spec_.a[2] == 1)
          one_a<f>(from, with, y.as<A>() + at, n);
        else
          both<f>(from, with, y.as<A>() + at, n);
        at += n;
      }
    });
  }

 private:
  const Cpu& cpu_;
  BroadcastSpec spec_;
};

constexpr std::int64_t block = 256;  // columns of a gradient that are summed together

/// sum[i] += slope of n columns; where the operand has one column, sum[0] takes all.
template <BinaryFunction f, bool of_b, class A, class B>
LEHR_SIMD void add_slopes(const A* a, bool a_one, const B* b, bool b_one, const A* dy, double* sum, bool into_one, std::int64_t n) {
  float part[block];
  const float first = load(a, 0), second = load(b, 0);
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) part[i] = slope<f, of_b>(a_one ? first : load(a, i), b_one ? second : load(b, i), load(dy, i));
  if (into_one) {
    double total = 0;
    for (std::int64_t i = 0; i < n; ++i) total += static_cast<double>(part[i]);
    sum[0] += total;
  } else {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) sum[i] += static_cast<double>(part[i]);
  }
}

template <class G>
LEHR_SIMD void store_sums(const double* sum, G* out, std::int64_t n) {
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) store(out, i, static_cast<float>(sum[i]));
}

// A gradient's cells are cut into blocks of columns; where those are few and the rows to be summed many, the rows into slices, too, whose
// sums are added in order.
template <BinaryFunction f, bool of_b, class A, class B>
class CpuBroadcastBackward final : public BroadcastBackward {
 public:
  CpuBroadcastBackward(const Cpu& cpu, const BroadcastSpec& spec) : cpu_(cpu), spec_(spec), own_(of_b ? spec.b : spec.a) {
    const auto y = spec.y();
    for (int axis : {0, 1})
      if (own_[axis] == 1) repeats_ *= y[axis];
    blocks_ = own_[0] * own_[1] * chunks_of(own_[2], block);
    if (blocks_ < 16 && repeats_ >= 256) slices_ = 16;
  }
  std::size_t workspace_bytes() const override {
    return slices_ == 1 ? 0 : static_cast<std::size_t>(slices_ * blocks_ * block) * sizeof(double);
  }
  void run(ConstView a, ConstView b, ConstView dy, View gradient, View workspace, Stream&) override {
    using G = std::conditional_t<of_b, B, A>;
    const std::int64_t per_row = chunks_of(own_[2], block), height = chunks_of(repeats_, slices_);
    auto* partial = reinterpret_cast<double*>(workspace.data);
    const std::int64_t work = repeats_ * std::min(block, spec_.y()[2]) * (own_[2] == 1 ? chunks_of(spec_.y()[2], block) : 1);
    for_chunks(cpu_, slices_ * blocks_, std::max<std::int64_t>(1, slices_ == 1 ? element_chunk / work : 1),
               [&](std::int64_t, std::int64_t begin, std::int64_t end) {
                 for (std::int64_t item = begin; item < end; ++item) {
                   const std::int64_t which = item % blocks_, slice = item / blocks_, cells = which / per_row,
                                      column = which % per_row * block;
                   double local[block];
                   double* sum = slices_ == 1 ? local : partial + item * block;
                   std::fill_n(sum, block, 0.0);
                   add_rows(a.as<A>(), b.as<B>(), dy.as<A>(), cells / own_[1], cells % own_[1], column, slice * height,
                            std::min((slice + 1) * height, repeats_), sum);
                   if (slices_ == 1) store_sums(sum, gradient.as<G>() + cells * own_[2] + column, std::min(block, own_[2] - column));
                 }
               });
    if (slices_ == 1) return;
    for (std::int64_t which = 0; which < blocks_; ++which) {
      double sum[block] = {};
      for (std::int64_t s = 0; s < slices_; ++s)
        for (std::int64_t i = 0; i < block; ++i) sum[i] += partial[(s * blocks_ + which) * block + i];
      const std::int64_t column = which % per_row * block;
      store_sums(sum, gradient.as<G>() + which / per_row * own_[2] + column, std::min(block, own_[2] - column));
    }
  }

 private:
  /// Rows [begin, end) of those that the cells (outer, middle) were repeated to.
  void add_rows(const A* a, const B* b, const A* dy, std::int64_t outer, std::int64_t middle, std::int64_t column, std::int64_t begin,
                std::int64_t end, double* sum) const {
    const auto y = spec_.y();
    const std::int64_t middles = own_[1] == 1 ? y[1] : 1;
    const bool into_one = own_[2] == 1;
    for (std::int64_t r = begin; r < end; ++r) {
      const std::int64_t o = own_[0] == 1 ? r / middles : outer, m = own_[1] == 1 ? r % middles : middle;
      const std::int64_t from = into_one ? 0 : column, to = into_one ? y[2] : std::min(column + block, y[2]);
      for (std::int64_t c = from; c < to; c += block)
        add_slopes<f, of_b>(a + row_of(spec_.a, o, m) + (spec_.a[2] == 1 ? 0 : c), spec_.a[2] == 1 && y[2] != 1,
                            b + row_of(spec_.b, o, m) + (spec_.b[2] == 1 ? 0 : c), spec_.b[2] == 1 && y[2] != 1,
                            dy + (o * y[1] + m) * y[2] + c, sum, into_one, std::min(block, to - c));
    }
  }

  const Cpu& cpu_;
  BroadcastSpec spec_;
  std::array<std::int64_t, 3> own_;
  std::int64_t repeats_ = 1, blocks_ = 0, slices_ = 1;
};

template <class Base, class Work>
std::unique_ptr<Base> with_types(const BroadcastSpec& spec, const Work& work) {
  verify(spec);
  return with_float("broadcast", spec.dtype, [&]<class A>(A) -> std::unique_ptr<Base> {
    return with_float("broadcast", spec.b_dtype, [&]<class B>(B) -> std::unique_ptr<Base> { return work.template operator()<A, B>(); });
  });
}

}  // namespace

std::unique_ptr<Broadcast> make_on(Cpu& cpu, const BroadcastSpec& spec) {
  return with_types<Broadcast>(spec, [&]<class A, class B>() -> std::unique_ptr<Broadcast> {
    return with_function(spec.function, [&]<BinaryFunction f>() -> std::unique_ptr<Broadcast> {
      return std::make_unique<CpuBroadcast<f, A, B>>(cpu, spec);
    });
  });
}

std::unique_ptr<BroadcastBackward> make_on(Cpu& cpu, const BroadcastBackwardSpec& spec) {
  return with_types<BroadcastBackward>(spec.forward, [&]<class A, class B>() -> std::unique_ptr<BroadcastBackward> {
    return with_function(spec.forward.function, [&]<BinaryFunction f>() -> std::unique_ptr<BroadcastBackward> {
      if (spec.of_b) return std::make_unique<CpuBroadcastBackward<f, true, A, B>>(cpu, spec.forward);
      return std::make_unique<CpuBroadcastBackward<f, false, A, B>>(cpu, spec.forward);
    });
  });
}

}  // namespace lehr
