#include "kernels/cpu/onednn/matmul.h"

#ifdef LEHR_WITH_ONEDNN
#include "kernels/cpu/onednn/engine.h"

namespace lehr::onednn {
namespace {

Layout matrix(std::int64_t rows, std::int64_t columns, bool transposed, DType dtype) {
  return transposed ? strided({rows, columns}, dtype, {1, rows}) : strided({rows, columns}, dtype, {columns, 1});
}

class Product final : public Matmul {
 public:
  Product(Engine engine, Call call) : engine_(std::move(engine)), call_(std::move(call)) {}
  std::string implementation() const override { return "oneDNN"; }
  std::size_t workspace_bytes() const override { return call_.scratch_bytes(); }
  void run(ConstView a, ConstView b, ConstView bias, View c, View workspace, Stream&) override {
    call_.run(engine_, a.data, b.data, bias.data, c.data, workspace.data);
  }

 private:
  Engine engine_;
  Call call_;
};

}  // namespace

std::unique_ptr<Matmul> make_matmul(const MatmulSpec& s) {
  if (s.m == 0 || s.n == 0 || s.k == 0 || !can_fuse(s.activation) || s.a != s.b) return nullptr;
  Engine engine;
  const Layout a = matrix(s.m, s.k, s.transpose_a, s.a), b = matrix(s.k, s.n, s.transpose_b, s.b), c = matrix(s.m, s.n, false, s.c);
  const Layout bias = s.bias ? strided({1, s.n}, DType::f32, {s.n, 1}) : nullptr;
  const Attributes attr = attributes(s.activation);
  dnnl_primitive_desc_t raw = nullptr;
  if (!implemented(dnnl_matmul_primitive_desc_create(&raw, engine.get(), a.get(), b.get(), bias.get(), c.get(), attr.get()),
                   "matmul_primitive_desc_create"))
    return nullptr;
  const PrimitiveDesc desc(raw);
  if (s.variant == Variant::automatic && is_reference(desc)) return nullptr;
  Call call(engine, desc, {{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_BIAS, bias}, {DNNL_ARG_DST, c}});
  return std::make_unique<Product>(std::move(engine), std::move(call));
}

}  // namespace lehr::onednn
#else
namespace lehr::onednn {
std::unique_ptr<Matmul> make_matmul(const MatmulSpec&) { return nullptr; }
}  // namespace lehr::onednn
#endif
