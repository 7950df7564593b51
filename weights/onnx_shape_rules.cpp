// Operators that give the same numbers another shape, and the table of all operators.
#include <algorithm>

#include "layers/merging.h"
#include "layers/pooling.h"
#include "layers/reshaping.h"
#include "layers/resizing.h"
#include "weights/onnx_import.h"

namespace lehr {

namespace {

using Extents = OnnxImport::Extents;

std::vector<int> as_int(const Extents& extents) { return {extents.begin(), extents.end()}; }  // each is at most 2^31 - 1: checked below

/// `sample`: the new shape without the batch, in ONNX's order.
void reshape(OnnxImport& import, const OnnxNode& n, const Extents& sample) {
  const OnnxTensor x = import.value(n, 0);
  if (import.extents(x) == sample) return import.set(n, x);
  for (const auto extent : sample)
    if (extent < 1 || extent > INT32_MAX) import.refuse(n, "an extent is absurd", "1 or more", std::to_string(extent));
  if (Shape(sample).elements() != import.shape(x.node).elements())
    import.refuse(n, "does not hold the value's elements, or joins the batch with others", Shape(import.extents(x)).text(),
                  Shape(sample).text());
  auto& entry = import.entry(x.node);
  const GlobalAveragePooling2D* pooling = entry.layer ? entry.layer->as<GlobalAveragePooling2D>() : nullptr;
  const OnnxNode* before = import.producer(n.inputs[0]);  // not a second name of what others use
  if (sample.size() == 1 && pooling != nullptr && pooling->keepdims && before != nullptr && before->op == "GlobalAveragePool" &&
      import.used_once(n.inputs[0])) {
    GlobalAveragePooling2D flat = *pooling;
    flat.keepdims = false;
    entry.layer = flat;
    import.recompute(n, x.node);
    return import.set(n, {.node = x.node});
  }
  const std::size_t from = import.plain(n, 0);
  if (sample.size() == 1) return import.set(n, {.node = import.add(n, Flatten{}, {from})});
  import.set(n, {.node = import.add(n, Reshape{.target_shape = as_int(sample)}, {from})});
}

/// The product; -1 where it is absurd.
std::int64_t product(const Extents& extents) {
  std::int64_t out = 1;
  for (const auto extent : extents) {
    if (extent < 1 || out > (std::int64_t{1} << 40) / extent) return -1;
    out *= extent;
  }
  return out;
}

/// 0 keeps an extent, -1 is what is left.
void reshape(OnnxImport& import, const OnnxNode& n) {
  const OnnxTensor x = import.at(n, 0);
  Extents target = import.integers(n, 1);
  if (target.empty() || target.size() > 8) import.refuse(n, "makes a value of no axes, or of many");
  const bool back = x.piece == OnnxPiece::grouped;
  const Extents before = import.extents(back ? x : import.value(n, 0));
  if (import.integer(n, "allowzero", 0) == 0)
    for (std::size_t i = 1; i < target.size(); ++i)
      if (target[i] == 0 && i <= before.size()) target[i] = before[i - 1];
  Extents sample(target.begin() + 1, target.end());
  const auto open = std::find(sample.begin(), sample.end(), -1);
  const std::int64_t all = product(before);
  if (open != sample.end()) {
    *open = 1;
    const std::int64_t known = product(sample);
    if (known < 1 || target[0] == -1) import.refuse(n, "leaves several extents open");
    *open = all / known;
  }
  const bool keeps = target[0] == onnx_batch || target[0] == 0 || target[0] == -1 || (import.batch() > 0 && target[0] == import.batch());
  if (!keeps || product(sample) != all)
    import.refuse(n, "joins the batch with other axes, or does not hold the value's elements", Shape(before).text(), Shape(sample).text());
  if (!back) return reshape(import, n, sample);
  if (sample != before)
    import.refuse(n, "gives groups of channels another shape than the image had", Shape(before).text(), Shape(sample).text());
  import.set(n, {.node = x.node, .first = x.first});
}

/// Axes from `axis` on become one.
void flatten(OnnxImport& import, const OnnxNode& n) {
  const Extents before = import.extents(import.value(n, 0));
  const std::int64_t rank = static_cast<std::int64_t>(before.size()) + 1, given = import.integer(n, "axis", 1),
                     axis = given < 0 ? given + rank : given;
  if (axis != 1) import.refuse(n, "joins the batch with other axes", "axis=1", std::to_string(given));
  reshape(import, n, {product(before)});
}

std::vector<std::size_t> axes_of(OnnxImport& import, const OnnxNode& n, std::int64_t rank) {
  std::vector<std::size_t> out;
  for (const std::int64_t given : import.list(n, "axes", 1).value_or(Extents{})) {
    const std::int64_t axis = given < 0 ? given + rank : given;
    if (axis < 1 || axis >= rank || std::find(out.begin(), out.end(), static_cast<std::size_t>(axis)) != out.end())
      import.refuse(n, "an axis is the batch's, none of the value's, or given twice", "1 to " + std::to_string(rank - 1),
                    std::to_string(given));
    out.push_back(static_cast<std::size_t>(axis));
  }
  std::sort(out.begin(), out.end());
  return out;
}

void squeeze(OnnxImport& import, const OnnxNode& n) {
  const Extents before = import.extents(import.value(n, 0));
  const auto axes = axes_of(import, n, static_cast<std::int64_t>(before.size()) + 1);
  Extents sample;
  for (std::size_t a = 1; a <= before.size(); ++a) {
    const bool named = axes.empty() ? before[a - 1] == 1 : std::find(axes.begin(), axes.end(), a) != axes.end();
    if (named && before[a - 1] != 1) import.refuse(n, "takes away an axis that is not 1", "1", std::to_string(before[a - 1]));
    if (!named) sample.push_back(before[a - 1]);
  }
  reshape(import, n, sample);
}

void unsqueeze(OnnxImport& import, const OnnxNode& n) {
  Extents sample = import.extents(import.value(n, 0));
  const std::size_t more = import.list(n, "axes", 1).value_or(Extents{}).size();
  if (more > 8) import.refuse(n, "makes a value of many axes");
  for (const std::size_t axis : axes_of(import, n, static_cast<std::int64_t>(sample.size() + more) + 1))
    sample.insert(sample.begin() + static_cast<std::ptrdiff_t>(std::min(axis - 1, sample.size())), 1);
  reshape(import, n, sample);
}

/// Images are turned for free between ONNX's order and the network's.
void transpose(OnnxImport& import, const OnnxNode& n) {
  const OnnxTensor x = import.value(n, 0);
  const auto rank = static_cast<std::int64_t>(import.shape(x.node).rank()) + 1;
  Extents perm = import.list(n, "perm").value_or(Extents{});
  if (static_cast<std::int64_t>(perm.size()) != rank || perm[0] != 0)
    import.refuse(n, "moves the batch, or does not name each axis", "perm that begins with 0");
  if (x.first && perm == Extents{0, 2, 3, 1}) return import.set(n, {.node = x.node});
  if (!x.first && perm == Extents{0, 3, 1, 2}) return import.set(n, {.node = x.node, .first = true});
  const std::size_t from = import.plain(n, 0);
  if (std::is_sorted(perm.begin(), perm.end())) return import.set(n, x);
  import.set(n, {.node = import.add(n, Permute{.dims = as_int({perm.begin() + 1, perm.end()})}, {from})});
}

/// A row several times.
void tile(OnnxImport& import, const OnnxNode& n) {
  constexpr std::int64_t largest = 1 << 16;
  const Extents before = import.extents(import.value(n, 0)), times = import.integers(n, 1);
  if (before.size() != 2 || before[0] != 1 || times.size() != 3 || times[0] != 1 || times[2] != 1 || times[1] < 1 || times[1] > largest)
    import.refuse(n, "repeats something else than a row", "(batch, 1, features) by [1, 1 to 65536, 1]", Shape(before).text());
  const std::size_t row = import.add(n, Flatten{}, {import.plain(n, 0)});
  import.set(n, {.node = import.add(n, RepeatVector{.n = static_cast<int>(times[1])}, {row})});
}

void concat(OnnxImport& import, const OnnxNode& n) {
  if (n.inputs.size() == 1) return import.set(n, import.value(n, 0));
  bool first = false;
  for (std::size_t i = 0; i < n.inputs.size(); ++i) first = first || import.value(n, i).first;
  std::vector<std::size_t> nodes;
  for (std::size_t i = 0; i < n.inputs.size(); ++i) nodes.push_back(first ? import.image(n, i) : import.plain(n, i));
  const OnnxTensor like{.node = nodes.at(0), .first = first};
  const std::size_t axis = import.axis(n, like, import.integer(n, "axis", 1));
  const int own = axis == import.shape(nodes[0]).rank() ? -1 : static_cast<int>(axis);
  import.set(n, {.node = import.add(n, Concatenate{.axis = own}, std::move(nodes)), .first = first});
}

/// Over height and width: a pooling of the whole image.
template <class Pooling>
void reduce(OnnxImport& import, const OnnxNode& n) {
  OnnxTensor x = import.value(n, 0);
  const Extents given = import.list(n, "axes", 1).value_or(Extents{});
  const auto own = [&] {
    std::vector<std::size_t> axes;
    for (const auto a : given) axes.push_back(import.axis(n, x, a));
    std::sort(axes.begin(), axes.end());
    return axes;
  };
  std::vector<std::size_t> axes = own();
  if (axes == std::vector<std::size_t>{2, 3}) {
    x = {.node = import.image(n, 0), .first = true};
    axes = own();
  }
  if (axes != std::vector<std::size_t>{1, 2} || import.shape(x.node).rank() != 3)
    import.refuse(n, "reduces other axes than height and width", "those of an image's height and width");
  const bool keep = import.integer(n, "keepdims", 1) != 0, first = x.first && keep;
  import.set(n, {.node = import.add(n, Pooling{.keepdims = keep}, {x.node}), .first = first});
}

void same(OnnxImport& import, const OnnxNode& n) { import.set(n, import.at(n, 0)); }

void cast(OnnxImport& import, const OnnxNode& n) {
  constexpr std::int64_t to_float = 1, to_double = 11;
  const std::int64_t to = import.integer(n, "to", 0);
  if (to != to_float && to != to_double) import.refuse(n, "makes other numbers of the network's", "float32", std::to_string(to));
  same(import, n);
}

void dropout(OnnxImport& import, const OnnxNode& n) {
  for (std::size_t i = 1; i < n.outputs.size(); ++i)
    if (import.used_once(n.outputs[i])) import.refuse(n, "its mask is used", "the first output only");
  if (const Array* trains = import.constant(n, 2); trains != nullptr && (trains->count() != 1 || trains->as_f32().as<float>()[0] != 0))
    import.refuse(n, "is in training mode", "a model exported for inference");
  same(import, n);
}

}  // namespace

OnnxRules onnx_shape_rules() {
  return {{"Reshape", [](OnnxImport& i, const OnnxNode& n) { reshape(i, n); }},
          {"Flatten", flatten},
          {"Squeeze", squeeze},
          {"Unsqueeze", unsqueeze},
          {"Transpose", transpose},
          {"Tile", tile},
          {"Concat", concat},
          {"ReduceMean", reduce<GlobalAveragePooling2D>},
          {"ReduceMax", reduce<GlobalMaxPooling2D>},
          {"Identity", same},
          {"Cast", cast},
          {"Dropout", dropout}};
}

const OnnxRules& onnx_rules() {
  static const OnnxRules all = [] {
    OnnxRules out = onnx_element_rules();
    for (auto&& more : {onnx_normalization_rules(), onnx_shape_rules(), onnx_image_rules()}) out.insert(more.begin(), more.end());
    return out;
  }();
  return all;
}

}  // namespace lehr
