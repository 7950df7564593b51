// Our own matrix product: the ladder of product.cuh over two matrices.
#include "kernels/cuda/ours/matmul.h"

#include "kernels/cuda/ours/rungs.cuh"

namespace lehr::ours_cuda {
namespace {

using namespace ladder;

/// Whether four neighbours can be read at once, from an address that run() will see.
bool even(std::int64_t neighbours, std::int64_t far_step) { return neighbours % 4 == 0 && far_step % 4 == 0; }

template <class TA, class TB, class TC>
class Product final : public Matmul {
 public:
  explicit Product(const MatmulSpec& s)
      : s_(s),
        rung_(std::is_same_v<TA, TB> ? rung_for(s.variant, arithmetic(s)) : Variant::registers),
        extent_(cut(s.m, s.n, s.k, 1, rung_)) {}
  std::string implementation() const override { return name_of_rung(rung_); }
  std::size_t workspace_bytes() const override { return split_bytes(extent_, s_.n); }
  void run(ConstView a, ConstView b, ConstView bias, View c, View workspace, Stream& stream) override {
    Matrix<TA> left{.at = a.as<TA>(), .row_step = s_.transpose_a ? 1 : s_.k, .k_step = s_.transpose_a ? s_.m : 1};
    left.aligned = aligned16(a.data) && (s_.transpose_a ? even(s_.m, s_.m) : even(s_.k, s_.k));
    Matrix<TB> right{.at = b.as<TB>(), .row_step = s_.transpose_b ? s_.k : 1, .k_step = s_.transpose_b ? 1 : s_.n};
    right.aligned = aligned16(b.data) && (s_.transpose_b ? even(s_.k, s_.k) : even(s_.n, s_.n));
    const Result<TC> result{.at = c.as<TC>(), .step = s_.n, .bias = s_.bias ? bias.as<float>() : nullptr, .activation = s_.activation};
    using Kind = std::conditional_t<!std::is_same_v<TA, TB>, void, std::conditional_t<std::is_same_v<TA, bf16>, bf16, Tf32>>;
    run_product<Kind>(rung_, extent_, 1, left, right, result, workspace, stream);
  }

 private:
  static Arithmetic arithmetic(const MatmulSpec& s) {
    if (s.a == DType::bf16 && s.b == DType::bf16) return Arithmetic::bf16;
    return s.tf32 && s.a == DType::f32 && s.b == DType::f32 ? Arithmetic::tf32 : Arithmetic::f32;
  }
  MatmulSpec s_;
  Variant rung_;
  Extent extent_;
};

}  // namespace

std::unique_ptr<Matmul> make_matmul(Cuda&, const MatmulSpec& spec) {
  return with_float_on_cuda("matmul", spec.a, [&]<class TA>(TA) {
    return with_float_on_cuda("matmul", spec.b, [&]<class TB>(TB) {
      return with_float_on_cuda("matmul", spec.c,
                                [&]<class TC>(TC) -> std::unique_ptr<Matmul> { return std::make_unique<Product<TA, TB, TC>>(spec); });
    });
  });
}

}  // namespace lehr::ours_cuda
