#include "optim/muon.h"

#include <algorithm>

#include "engine/spec/names.h"
#include "kernels/elementwise.h"
#include "kernels/matmul.h"
#include "optim/emit.h"

namespace lehr {

namespace {

/// The iterations on one matrix: X in its gradient's place, scratch in the plan's arena.
class NewtonSchulz {
 public:
  NewtonSchulz(Planner& p, const Muon& spec, Value x, std::int64_t rows, std::int64_t columns)
      : p_(p), spec_(spec), x_(x), rows_(rows), columns_(columns), small_(std::min(rows, columns)) {}

  // With more rows than columns the same on the transpose: A = X^T X, X <- aX + X(bA + cA^2).
  void emit() {
    const bool tall = rows_ > columns_;
    const std::int64_t n = small_, all = rows_ * columns_;
    const MatmulSpec gram{.m = n, .n = n, .k = tall ? rows_ : columns_, .transpose_a = tall, .transpose_b = !tall};
    const MatmulSpec square{.m = n, .n = n, .k = n};
    const MatmulSpec product{.m = rows_, .n = columns_, .k = n};
    for (int i = 0; i < spec_.ns_steps; ++i) {
      const Value a = tensor(n * n), a2 = tensor(n * n), b = tensor(n * n), bx = tensor(all), ax = tensor(all);
      multiply(gram, x_, x_, a);
      multiply(square, a, a, a2);
      scale(a, a, spec_.muon_b, n * n);
      scale(a2, a2, spec_.muon_c, n * n);
      add(a, a2, b, n * n);
      multiply(product, tall ? x_ : b, tall ? b : x_, bx);
      scale(x_, ax, spec_.muon_a, all);
      add(ax, bx, x_, all);
    }
  }

 private:
  Value tensor(std::int64_t count) { return p_.tensor("newton-schulz", count, DType::f32); }
  void multiply(const MatmulSpec& spec, Value a, Value b, Value c) {
    auto op = p_.prepare(spec);
    p_.add({.name = "newton-schulz",
            .layer = "optimizer",
            .by = op->implementation(),
            .reads = {a, b},
            .writes = {c},
            .workspace_bytes = op->workspace_bytes(),
            .flops = 2.0 * static_cast<double>(spec.m) * static_cast<double>(spec.n) * static_cast<double>(spec.k),
            .run = [op, a, b, c](const Binding& v, View ws, Stream& s) { op->run(v[a], v[b], {}, v[c], ws, s); }});
  }
  void scale(Value x, Value y, double factor, std::int64_t count) {
    auto op = p_.prepare(ScaleOffsetSpec{.rows = 1, .channels = count, .scale = {static_cast<float>(factor)}, .offset = {}});
    p_.add({.name = "scale", .layer = "optimizer", .reads = {x}, .writes = {y}, .run = [op, x, y](const Binding& v, View, Stream& s) {
              op->run(v[x], v[y], s);
            }});
  }
  void add(Value x, Value y, Value sum, std::int64_t count) {
    auto op = p_.prepare(AddSpec{.count = count});
    p_.add({.name = "add",
            .layer = "optimizer",
            .reads = {x, y},
            .writes = {sum},
            .always = sum == x_,  // the step reads the arena, which is no value of the plan
            .run = [op, x, y, sum](const Binding& v, View, Stream& s) {
              const ConstView in[] = {v[x], v[y]};
              op->run(in, v[sum], s);
            }});
  }

  Planner& p_;
  const Muon& spec_;
  Value x_;
  std::int64_t rows_, columns_, small_;
};

}  // namespace

void Muon::check() const {
  check_share(info, "adam_beta_1", adam_beta_1, false);
  check_share(info, "adam_beta_2", adam_beta_2, false);
  check_share(info, "momentum", momentum, true);
  check_positive(info, "ns_steps", ns_steps, true);
}

StepRow Muon::row(std::int64_t t, double rate) const {
  StepRow row = adam_row(t, rate * adam_lr_ratio, adam_beta_1, adam_beta_2);
  row.decay = static_cast<float>(rate);  // times each segment's own decay, see emit
  return row;
}

bool Muon::orthogonalizes(const StateTensor& tensor) const {
  if (tensor.shape.rank() != 2) return false;
  if (exclude_embeddings && name_key(tensor.name).find("embedding") != std::string::npos) return false;
  return std::none_of(exclude_layers.begin(), exclude_layers.end(),
                      [&](const auto& part) { return tensor.name.find(part) != std::string::npos; });
}

void Muon::emit(OptimizerEmission& e) const {
  using Arena = OptimizerEmission::Arena;
  e.clip();
  std::vector<Segment> matrices, others;
  std::vector<std::size_t> which;
  for (std::size_t i = 0; i < e.tensors().size(); ++i) {
    const bool matrix = orthogonalizes(e.tensor(i));
    (matrix ? matrices : others).push_back(e.segments()[i]);
    if (matrix) which.push_back(i);
  }
  auto decaying = e.segments();
  for (std::size_t i = 0; i < decaying.size(); ++i)
    decaying[i].rate_factor *= static_cast<float>((orthogonalizes(e.tensor(i)) ? weight_decay : adam_weight_decay).value_or(0));
  e.step({.name = "decay", .rule = DecayRule{}, .segments = decaying});
  e.step({.name = "muon: adamw",
          .rule = AdamRule{.one_minus_beta_1 = static_cast<float>(1 - adam_beta_1),
                           .one_minus_beta_2 = static_cast<float>(1 - adam_beta_2),
                           .epsilon = static_cast<float>(epsilon)},
          .segments = e.without_decay(others)});
  e.step({.name = "muon direction",
          .rule = MuonRule{.momentum = static_cast<float>(momentum), .nesterov = nesterov},
          .segments = e.without_decay(matrices)});
  if (matrices.empty()) return;
  const OptimizerEmission::Place direction{.arena = Arena::slots, .plane = 1};
  const Value norms = e.factors({.kind = FactorKind::inverse_norm, .segments = matrices, .epsilon = 1e-7}, direction);
  auto plain = e.without_decay(matrices);
  e.step({.name = "normalize", .rule = CopyRule{}, .segments = plain, .w = {.arena = Arena::gradients}, .g = direction, .factors = norms});
  for (const std::size_t i : which) {
    const auto extents = e.tensor(i).shape.extents();
    NewtonSchulz(e.planner(), *this, e.gradient(i), extents[0], extents[1]).emit();
  }
  for (std::size_t k = 0; k < which.size(); ++k) {
    const auto extents = e.tensor(which[k]).shape.extents();
    if (rms_rate) plain[k].rate_factor *= static_cast<float>(*rms_rate * std::sqrt(static_cast<double>(std::max(extents[0], extents[1]))));
  }
  e.step({.name = "muon", .rule = SgdRule{}, .segments = plain});
}

}  // namespace lehr
