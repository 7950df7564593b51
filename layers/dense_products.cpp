#include "layers/dense_products.h"

#include <utility>

namespace lehr {
namespace {

/// A fused product as an operation: values that its spec does not ask for are empty.
struct FusedOperation {
  const char* name;
  FusedMatmulSpec spec;
  std::shared_ptr<FusedMatmul> product;
  Value a = {}, b = {}, bias = {}, c = {}, mask = {}, sums = {};

  PlanOp on(const std::string& layer, double flops) const {
    const bool reads_mask = spec.mask == ReluMask::applies;
    PlanOp op{.name = name,
              .layer = layer,
              .problem = problem_line(spec),
              .by = product->implementation(),
              .reads = {a, b, bias},
              .writes = {c},
              .workspace_bytes = product->workspace_bytes(),
              .flops = flops};
    if (mask) (reads_mask ? op.reads : op.writes).push_back(mask);
    if (sums) op.writes.push_back(sums);
    op.run = [o = *this](const Binding& v, View workspace, Stream& s) {
      o.product->run({.a = v[o.a], .b = v[o.b], .bias = v[o.bias], .c = v[o.c], .mask = v[o.mask], .sums = v[o.sums]}, workspace, s);
    };
    return op;
  }
};

}  // namespace

std::size_t DenseProducts::emit(const char* name, const MatmulSpec& spec, Value a, Value b, Value bias, Value c) const {
  auto op = p_->prepare(spec);
  return p_->add({.name = name,
                  .layer = layer_,
                  .problem = problem_line(spec),
                  .by = op->implementation(),
                  .reads = {a, b, bias},
                  .writes = {c},
                  .workspace_bytes = op->workspace_bytes(),
                  .flops = flops(),
                  .run = [op, a, b, bias, c](const Binding& v, View ws, Stream& s) { op->run(v[a], v[b], v[bias], v[c], ws, s); }});
}

void DenseProducts::emit_forward() const {
  const std::size_t number = emit("dense", spec_, x_, w_, bias_, z_);
  if (!p_->training() || spec_.activation != Activation::relu) return;
  p_->offer_mask(z_, [*this, number]() -> Value {
    const FusedMatmulSpec spec{.product = spec_, .mask = ReluMask::writes};
    const auto product = p_->prepare(spec);
    if (product == nullptr) return {};
    const Value mask = p_->tensor(layer_ + " mask", static_cast<std::int64_t>(product->mask_bytes()), DType::u8);
    p_->operation(number) =
        FusedOperation{.name = "dense", .spec = spec, .product = product, .a = x_, .b = w_, .bias = bias_, .c = z_, .mask = mask}.on(
            layer_, flops());
    return mask;
  });
}

MatmulSpec DenseProducts::d_kernel(DType dz) const {
  return {.m = spec_.k, .n = spec_.n, .k = spec_.m, .transpose_a = true, .a = spec_.a, .b = dz, .c = DType::f32, .tf32 = spec_.tf32};
}

std::shared_ptr<FusedMatmul> DenseProducts::prepare_sums() const {
  return p_->prepare(FusedMatmulSpec{.product = d_kernel(p_->dtype(p_->gradient(z_))), .sums = true});
}

void DenseProducts::emit_d_kernel(Value dz, Value dw) const { emit("dense d kernel", d_kernel(p_->dtype(dz)), x_, dz, {}, dw); }

void DenseProducts::emit_d_kernel_and_bias(const std::shared_ptr<FusedMatmul>& sums, Value dz, Value dw, Value db) const {
  const FusedMatmulSpec spec{.product = d_kernel(p_->dtype(dz)), .sums = true};
  p_->add(FusedOperation{.name = "dense d kernel, d bias", .spec = spec, .product = sums, .a = x_, .b = dz, .c = dw, .sums = db}.on(
      layer_, flops()));
}

void DenseProducts::emit_d_input(Value dz, Value dx) const {
  const MatmulSpec plain{.m = spec_.m,
                         .n = spec_.k,
                         .k = spec_.n,
                         .transpose_b = true,
                         .a = p_->dtype(dz),
                         .b = spec_.b,
                         .c = p_->dtype(dx),
                         .tf32 = spec_.tf32};
  if (p_->can_mask(x_)) {
    const FusedMatmulSpec spec{.product = plain, .mask = ReluMask::applies};
    const auto product = p_->prepare(spec);
    if (const Value mask = product == nullptr ? Value{} : p_->take_mask(x_)) {
      p_->add(FusedOperation{.name = "dense d input, relu", .spec = spec, .product = product, .a = dz, .b = w_, .c = dx, .mask = mask}.on(
          layer_, flops()));
      return;
    }
  }
  emit("dense d input", plain, dz, w_, {}, dx);
}

}  // namespace lehr
