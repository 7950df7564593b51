#include "kernels/group_norm.h"

#include "kernels/problems/makers.h"
#include "kernels/problems/words.h"
#include "kernels/reference/group_norm.h"

namespace lehr::check {

Case group_norm_case(const Problem& p, Backend& backend) {
  const GroupNormSpec s{.batch = p.number("batch", 1),
                        .pixels = p.number("pixels", 1),
                        .channels = p.number("c", 1),
                        .groups = p.number("groups", 1),
                        .dtype = dtype_word(p)};
  const std::int64_t count = s.batch * s.pixels * s.channels, scales = p.number("scale", 1) != 0 ? s.channels : 0,
                     offsets = p.number("center", 1) != 0 ? s.channels : 0;
  Case on(backend);
  const auto forward = on.prepare(s);
  const auto backward = on.prepare(GroupNormBackwardSpec{s});
  auto &x = on.input(s.dtype, count), &dy = on.input(s.dtype, count), &gamma = on.input(DType::f32, scales, 0.5, 1.5),
       &beta = on.input(DType::f32, offsets);
  auto &y = on.memory(s.dtype, count), &mean = on.memory(DType::f32, s.batch * s.groups),
       &inverse = on.memory(DType::f32, s.batch * s.groups);
  on.add({.name = "forward",
          .run = [=, &x, &gamma, &beta, &y, &mean, &inverse,
                  &stream = on.stream()] { forward->run(x, gamma, beta, y, mean, inverse, stream); },
          .results = {{"y", &y,
                       [s, &x, &gamma, &beta] {
                         auto want = reference::group_norm(s, x.values(), gamma.values(), beta.values());
                         return within(s.dtype, 4, std::move(want.value), want.magnitude);
                       }},
                      {"mean", &mean, [s, &x] { return within(reference::group_statistics(s, x.values()).mean, 1e-6, 1e-7); }},
                      {"inverse", &inverse, [s, &x] { return within(reference::group_statistics(s, x.values()).inverse, 1e-6, 0); }}},
          .bytes = traffic(x, y)});
  const auto of = reference::group_statistics(s, x.values());
  auto &given_mean = on.input(DType::f32, of.mean), &given_inverse = on.input(DType::f32, of.inverse);
  auto &dx = on.memory(s.dtype, count), &d_gamma = on.memory(DType::f32, scales), &d_beta = on.memory(DType::f32, offsets),
       &workspace = on.workspace(backward->workspace_bytes());
  const auto gradient = [s, &x, &dy, &gamma](DType dtype, reference::Sums reference::GroupNormGradients::* which) {
    auto want = reference::group_norm_backward(s, x.values(), dy.values(), gamma.values()).*which;
    return within(dtype, 16, std::move(want.value), want.magnitude);
  };
  on.add(
      {.name = "backward",
       .run = [=, &x, &dy, &gamma, &given_mean, &given_inverse, &dx, &d_gamma, &d_beta, &workspace,
               &stream = on.stream()] { backward->run(x, dy, gamma, given_mean, given_inverse, dx, d_gamma, d_beta, workspace, stream); },
       .results = {{"dx", &dx, [=] { return gradient(s.dtype, &reference::GroupNormGradients::dx); }},
                   {"d_gamma", &d_gamma,
                    [=] { return scales != 0 ? gradient(DType::f32, &reference::GroupNormGradients::d_gamma) : exactly({}); }},
                   {"d_beta", &d_beta,
                    [=] { return offsets != 0 ? gradient(DType::f32, &reference::GroupNormGradients::d_beta) : exactly({}); }}},
       .bytes = traffic(x, dy, dx)});
  return on;
}

}  // namespace lehr::check
