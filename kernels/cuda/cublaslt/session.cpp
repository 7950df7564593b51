#include "kernels/cuda/cublaslt/session.h"

#include <utility>

#include "kernels/activation.h"
#include "kernels/cuda/library_call.h"
#include "kernels/cuda/transpose.h"

namespace lehr::cublaslt {
namespace {

/// NVIDIA's advice for Hopper.
constexpr std::size_t workspace_limit = std::size_t{32} << 20U;

constexpr std::size_t aligned(std::size_t bytes) { return (bytes + 255) / 256 * 256; }

class LtFused final : public FusedMatmul {
 public:
  LtFused(Session session, const FusedMatmulSpec& spec, Product product, const Product::Algorithm& algorithm)
      : spec_(spec), session_(std::move(session)), product_(std::move(product)), algorithm_(algorithm) {}
  std::string implementation() const override { return product_.implementation(); }
  std::size_t workspace_bytes() const override { return rounded_bias() + algorithm_.workspace; }
  std::size_t mask_bytes() const override { return product_.mask_bytes(); }
  void run(const FusedMatmulViews& views, View workspace, Stream& stream) override {
    auto* memory = static_cast<std::byte*>(workspace.data);
    FusedMatmulViews v = views;
    if (rounded_bias() != 0) {
      round_on_cuda(views.bias.as<float>(), reinterpret_cast<bf16*>(memory), spec_.product.n, stream);
      v.bias = {memory, DType::bf16, views.bias.count};
      memory += rounded_bias();
    }
    call_library(stream, [this, v, memory](cudaStream_t on) { product_.run(session_.handle.get(), algorithm_, v, memory, on); });
  }

 private:
  /// The library's bias has the type of c.
  std::size_t rounded_bias() const {
    const MatmulSpec& s = spec_.product;
    return s.bias && s.c == DType::bf16 ? aligned(static_cast<std::size_t>(s.n) * sizeof(bf16)) : 0;
  }
  FusedMatmulSpec spec_;
  Session session_;
  Product product_;
  Product::Algorithm algorithm_;
};

/// A product alone, and the activation that the library does not have.
class LtMatmul final : public Matmul {
 public:
  LtMatmul(Cuda& cuda, const MatmulSpec& spec, std::unique_ptr<FusedMatmul> product) : product_(std::move(product)) {
    if (!fuses(spec.activation))
      activation_ = make_on(cuda, ActivationSpec{.activation = spec.activation, .rows = spec.m, .channels = spec.n, .dtype = spec.c});
  }
  std::string implementation() const override { return product_->implementation(); }
  std::size_t workspace_bytes() const override { return product_->workspace_bytes(); }
  void run(ConstView a, ConstView b, ConstView bias, View c, View workspace, Stream& stream) override {
    product_->run({.a = a, .b = b, .bias = bias, .c = c}, workspace, stream);
    if (activation_ != nullptr) activation_->run(c, c, stream);
  }

 private:
  std::unique_ptr<FusedMatmul> product_;
  std::unique_ptr<ActivationForward> activation_;
};

}  // namespace

std::unique_ptr<Session> open_session() {
  auto api = Api::load();
  cublasLtHandle_t raw = nullptr;
  api->check(api->create(&raw), "Create");
  return std::make_unique<Session>(Session{.api = api, .handle = {raw, [api](cublasLtHandle_t h) { api->destroy(h); }}});
}

std::unique_ptr<FusedMatmul> make_matmul(const Session& session, const FusedMatmulSpec& spec) {
  if (!fits(spec.product)) return nullptr;
  Product product(session.api, spec);
  const auto algorithm = product.choose(session.handle.get(), workspace_limit);
  return algorithm ? std::make_unique<LtFused>(session, spec, std::move(product), *algorithm) : nullptr;
}

std::unique_ptr<Matmul> make_matmul(Cuda& cuda, const Session& session, const MatmulSpec& spec) {
  auto product = make_matmul(session, FusedMatmulSpec{.product = spec});
  return product ? std::make_unique<LtMatmul>(cuda, spec, std::move(product)) : nullptr;
}

}  // namespace lehr::cublaslt
