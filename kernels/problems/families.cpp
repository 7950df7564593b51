#include "kernels/problems/families.h"

#include <algorithm>

#include "kernels/error.h"
#include "kernels/problems/makers.h"

namespace lehr::check {

const std::vector<Family>& families() {
  const std::vector<std::string_view> types{"dtype=float32", "dtype=bfloat16"};
  const std::vector<std::string_view> variants{"variant=automatic", "variant=library",   "variant=ours",  "variant=naive",
                                               "variant=tiled",     "variant=registers", "variant=tensor"};
  static const std::vector<Family> all{
      {.name = "conv2d",
       .keys = "n h w c f k kh kw stride stride_h stride_w dilation dilation_h dilation_w groups pad pad_top pad_bottom pad_left pad_right "
               "bias activation dtype weights tf32 variant",
       .make = conv2d_case,
       .axes = {variants, types},
       .offered = conv2d_offered},
      {.name = "matmul",
       .keys = "m n k ta tb a b c bias activation tf32 mask sums variant",
       .make = matmul_case,
       .axes = {variants, {"", "a=bfloat16 b=bfloat16 c=bfloat16", "a=bfloat16 b=bfloat16 c=float32", "a=float32 b=bfloat16 c=bfloat16"}},
       .offered = matmul_offered},
      {.name = "pool2d",
       .keys = "kind n h w c k kh kw stride stride_h stride_w pad pad_top pad_bottom pad_left pad_right dtype",
       .make = pool2d_case,
       .axes = {{"kind=max", "kind=average"}, types}},
      {.name = "batch_norm", .keys = "rows c scale center training mean dtype", .make = batch_norm_case, .axes = {types}},
      {.name = "dropout", .keys = "count rate step seed stream dtype", .make = dropout_case, .axes = {types}},
      {.name = "fill", .keys = "kind count a b seed stream", .make = fill_case},
      {.name = "penalty",
       .keys = "count l1 l2 scale accumulate dtype gradient",
       .make = penalty_case,
       .axes = {types, {"gradient=float32", "gradient=bfloat16"}}},
      {.name = "constraint", .keys = "kind rows c max", .make = constraint_case},
      {.name = "gather",
       .keys = "rows batch elements c sample permuted scales offsets bgr from to",
       .make = gather_case,
       .axes = {{"to=float32", "to=bfloat16"}}},
      {.name = "activation",
       .keys = "activation alpha max_value threshold approximate rows c bias dtype",
       .make = activation_case,
       .axes = {types}},
      {.name = "elementwise", .keys = "kind count inputs rows c scales offsets from to dtype", .make = elementwise_case, .axes = {types}},
      {.name = "loss",
       .keys = "kind rows c logits smoothing delta alpha gamma balancing sample_weights class_weights dtype",
       .make = loss_case,
       .axes = {types}},
      {.name = "metrics", .keys = "kind rows c k threshold step weighted dtype", .make = metrics_case, .axes = {types}},
      {.name = "optimizer_step",
       .keys = "rule t momentum nesterov amsgrad centered style decay count segments clip norm_clip",
       .make = optimizer_step_case},
      {.name = "augment",
       .keys = "kind n h w c oh ow lower upper width_lower width_upper same_zoom flip fill fill_value bilinear training step seed from to",
       .make = augment_case,
       .axes = {{"from=uint8", "from=float32", "from=bfloat16"}, {"to=float32", "to=bfloat16"}}},
      {.name = "broadcast",
       .keys = "function outer middle c a of_b b dtype",
       .make = broadcast_case,
       .axes = {types,
                {"function=add", "function=subtract", "function=multiply", "function=divide", "function=maximum", "function=minimum",
                 "function=prelu"}}},
      {.name = "group_norm", .keys = "batch pixels c groups scale center dtype", .make = group_norm_case, .axes = {types}},
      {.name = "spatial", .keys = "kind n h w c oh ow top left order d0 d1 d2 d3 d4 d5 dtype", .make = spatial_case, .axes = {types}},
      {.name = "noise",
       .keys = "kind count stddev multiply batch pixels c apart rate step seed stream dtype",
       .make = noise_case,
       .axes = {types}},
      {.name = "norm_clip", .keys = "count segments clipnorm global_clipnorm", .make = norm_clip_case},
      {.name = "segment_factor", .keys = "kind count segments scale decay epsilon limit neutral", .make = segment_factor_case},
      {.name = "factored_moments", .keys = "matrices rows c factored b epsilon", .make = factored_moments_case},
      {.name = "store_rows", .keys = "rows batch elements sample from", .make = store_rows_case},
  };
  return all;
}

const Family& family_of(std::string_view name) {
  std::string names;
  for (const Family& f : families()) {
    if (f.name == name) return f;
    names += (names.empty() ? "" : ", ") + std::string(f.name);
  }
  throw Error({.category = Category::usage, .where = "kernels", .what = "unknown family", .expected = names, .got = std::string(name)});
}

Case make_case(const Family& family, const Problem& problem, Backend& backend) {
  problem.allow_only(std::string(family.keys) + " pass");
  Case made = family.make(problem, backend);
  if ((" " + std::string(family.keys) + " ").find(" variant ") != std::string::npos) made.variant = problem.word("variant", "automatic");
  return made;
}

std::vector<Problem> variations(const Family& family, const Problem& problem, Backend& backend) {
  std::vector<Problem> all{problem};
  for (const auto& axis : family.axes) {
    std::vector<Problem> longer;
    for (const Problem& p : all) {
      const bool named =
          std::ranges::any_of(axis, [&](std::string_view words) { return !words.empty() && p.has(words.substr(0, words.find('='))); });
      if (named)
        longer.push_back(p);
      else
        for (const std::string_view words : axis) longer.push_back(p.with(words));
    }
    all = std::move(longer);
  }
  if (family.offered != nullptr) std::erase_if(all, [&](const Problem& p) { return !family.offered(p, backend); });
  return all;
}

}  // namespace lehr::check
