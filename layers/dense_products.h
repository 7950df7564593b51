// dense_products.h: the three products of a dense layer, z = act(x*w + bias), as operations of a plan. Where the device has a product that
// takes its neighbour's work along (kernels/fused_matmul.h), that one is emitted:
//   d kernel  dw = x^T*dz    and beside it d bias, the sums of dz
//   d input   dx = dz*w^T    masked by the relu that x came from: what the layer below would do first
#pragma once

#include <memory>
#include <string>

#include "engine/planner.h"
#include "kernels/fused_matmul.h"

namespace lehr {

class DenseProducts {
 public:
  DenseProducts(Planner& planner, std::string layer, const MatmulSpec& forward, Value x, Value w, Value bias, Value z)
      : p_(&planner), layer_(std::move(layer)), spec_(forward), x_(x), w_(w), bias_(bias), z_(z) {}

  /// Offers relu's mask to whoever reads z.
  void emit_forward() const;
  /// Empty where d bias is an operation of its own. Where there is a gradient of z.
  std::shared_ptr<FusedMatmul> prepare_sums() const;
  void emit_d_kernel(Value dz, Value dw) const;
  void emit_d_kernel_and_bias(const std::shared_ptr<FusedMatmul>& sums, Value dz, Value dw, Value db) const;
  void emit_d_input(Value dz, Value dx) const;

 private:
  MatmulSpec d_kernel(DType dz) const;
  double flops() const { return 2.0 * static_cast<double>(spec_.m) * static_cast<double>(spec_.n) * static_cast<double>(spec_.k); }
  std::size_t emit(const char* name, const MatmulSpec& spec, Value a, Value b, Value bias, Value c) const;

  Planner* p_;
  std::string layer_;
  MatmulSpec spec_;
  Value x_, w_, bias_, z_;
};

}  // namespace lehr
