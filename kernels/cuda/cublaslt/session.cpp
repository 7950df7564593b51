#include "kernels/cuda/cublaslt/session.h"

#include <utility>

#include "kernels/activation.h"
#include "kernels/cuda/transpose.h"

namespace lehr::cublaslt {
namespace {

/// NVIDIA's advice for Hopper.
constexpr std::size_t workspace_limit = std::size_t{32} << 20U;

constexpr std::size_t aligned(std::size_t bytes) { return (bytes + 255) / 256 * 256; }

class LtMatmul final : public Matmul {
 public:
  LtMatmul(Cuda& cuda, const Session& session, const MatmulSpec& spec, Product product, const Product::Algorithm& algorithm)
      : spec_(spec), session_(session), product_(std::move(product)), algorithm_(algorithm) {
    if (!fuses(spec.activation))
      activation_ = make_on(cuda, ActivationSpec{.activation = spec.activation, .rows = spec.m, .channels = spec.n, .dtype = spec.c});
  }
  std::size_t workspace_bytes() const override { return rounded_bias() + algorithm_.workspace; }
  void run(ConstView a, ConstView b, ConstView bias, View c, View workspace, Stream& stream) override {
    auto* memory = static_cast<std::byte*>(workspace.data);
    const void* added = bias.data;
    if (rounded_bias() != 0) {
      round_on_cuda(bias.as<float>(), reinterpret_cast<bf16*>(memory), spec_.n, stream);
      added = memory;
      memory += rounded_bias();
    }
    product_.run(session_.handle.get(), algorithm_, a.data, b.data, added, c.data, memory, algorithm_.workspace,
                 cuda_stream(stream).handle());
    if (activation_ != nullptr) activation_->run(c, c, stream);
  }

 private:
  /// The library's bias has the type of c.
  std::size_t rounded_bias() const {
    return spec_.bias && spec_.c == DType::bf16 ? aligned(static_cast<std::size_t>(spec_.n) * sizeof(bf16)) : 0;
  }
  MatmulSpec spec_;
  Session session_;
  Product product_;
  Product::Algorithm algorithm_;
  std::unique_ptr<ActivationForward> activation_;
};

}  // namespace

std::unique_ptr<Session> open_session() {
  auto api = Api::load();
  cublasLtHandle_t raw = nullptr;
  api->check(api->create(&raw), "Create");
  return std::make_unique<Session>(Session{.api = api, .handle = {raw, [api](cublasLtHandle_t h) { api->destroy(h); }}});
}

std::unique_ptr<Matmul> make_matmul(Cuda& cuda, const Session& session, const MatmulSpec& spec) {
  if (!fits(spec)) return nullptr;
  Product product(session.api, spec);
  const auto algorithm = product.choose(session.handle.get(), workspace_limit);
  return algorithm ? std::make_unique<LtMatmul>(cuda, session, spec, std::move(product), *algorithm) : nullptr;
}

}  // namespace lehr::cublaslt
