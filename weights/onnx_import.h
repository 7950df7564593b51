// onnx_import.h: an ONNX graph on its way to a network, operator by operator: what each name stands for, and the layers so far.
// onnx_import.cpp walks, onnx_constants.cpp computes what is known without an input, onnx_*rules.cpp know the operators.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "layers/network.h"
#include "weights/onnx_graph.h"
#include "weights/tensor_file.h"

namespace lehr {

/// Pieces of what is one layer here: only the operator that completes it may take them.
enum class OnnxPiece : std::uint8_t {
  none,
  grouped,    ///< an image that is normalized by groups, between two Reshapes: (batch, groups, rest)
  erf,        ///< erf(x/sqrt 2) of gelu; the node is x
  gate,       ///< 1 + erf(x/sqrt 2)
  half_gate,  ///< half of that
  compared,   ///< x >= threshold
};

/// What a name of the graph stands for: numbers, or a node of the network.
struct OnnxTensor {
  std::shared_ptr<const Array> constant = {};
  std::size_t node = 0;
  bool first = false;  ///< an image: channels first in ONNX, last in the network
  OnnxPiece piece = OnnxPiece::none;
};

/// The batch's extent where a graph computes with shapes: known to nobody, and only ever copied.
constexpr std::int64_t onnx_batch = INT64_MIN;

class OnnxImport {
 public:
  using Extents = std::vector<std::int64_t>;
  using Node = OnnxNode;

  OnnxImport(OnnxGraph graph, std::string source);
  Network network();  ///< walks the graph; what its output does not need is left out
  /// A layer's weights in Keras's order, by its entry in network().
  const std::vector<WeightTensor>& weights(std::size_t entry) const;

  // ---- inputs of an operator ----------------------------------------------------------------------------------------------------------
  bool has(const Node& n, std::size_t i) const { return i < n.inputs.size() && !n.inputs[i].empty(); }
  std::string name_of(const Node& n, std::size_t i) const { return i < n.inputs.size() ? n.inputs[i] : ""; }
  const OnnxTensor& at(const Node& n, std::size_t i) const;
  const OnnxTensor& value(const Node& n, std::size_t i) const;  ///< refuses constants and pieces
  const Array* constant(const Node& n, std::size_t i) const;    ///< null where it is computed from the network's input, or not given
  const Array& numbers(const Node& n, std::size_t i) const;     ///< float32; refuses what is no constant
  Extents integers(const Node& n, std::size_t i) const;
  std::size_t image(const Node& n, std::size_t i);  ///< the node as (height, width, channels)
  std::size_t plain(const Node& n, std::size_t i);  ///< the node with its axes as ONNX counts them
  const Shape& shape(std::size_t node) const { return entries_.at(node).shape; }
  Extents extents(const OnnxTensor& tensor) const;  ///< as ONNX counts them, without the batch
  /// The value with this axis of ONNX as the node's last.
  OnnxTensor with_last(const Node& n, std::size_t i, std::int64_t axis);
  /// An axis of ONNX, from 0 or from behind, as an axis of the node, the batch being 0. Refuses the batch itself.
  std::size_t axis(const Node& n, const OnnxTensor& tensor, std::int64_t axis) const;

  // ---- attributes ---------------------------------------------------------------------------------------------------------------------
  std::int64_t integer(const Node& n, const char* name, std::int64_t otherwise) const;
  double number(const Node& n, const char* name, double otherwise) const;
  std::string text(const Node& n, const char* name, const char* otherwise) const;
  std::optional<Extents> list(const Node& n, const char* name) const;
  /// Those of an attribute, or of an input in newer opsets.
  std::optional<Extents> list(const Node& n, const char* name, std::size_t input) const;

  // ---- results ------------------------------------------------------------------------------------------------------------------------
  std::size_t add(const Node& n, const LayerSpec& layer, std::vector<std::size_t> inputs, std::vector<WeightTensor> weights = {});
  void set(const Node& n, OnnxTensor tensor);
  void set_constant(const Node& n, std::shared_ptr<const Array> values, bool copied = true);
  bool used_once(const std::string& name) const;
  struct Entry {
    std::optional<LayerSpec> layer = {};  ///< none: the input
    std::vector<std::size_t> inputs = {};
    std::vector<WeightTensor> weights = {};
    Shape shape = {};
  };
  Entry& entry(std::size_t node) { return entries_.at(node); }
  void recompute(const Node& n, std::size_t node);  ///< its shape, after its layer changed
  const Node* producer(const std::string& name) const;
  std::int64_t opset() const { return graph_.opset; }
  std::int64_t batch() const { return batch_; }  ///< -1 where the file leaves it open
  [[noreturn]] void refuse(const Node& n, std::string what, std::string expected = {}, std::string got = {}) const;

 private:
  void define_input();
  bool input_is_first(const std::string& name) const;
  void visit(const Node& n);
  void charge(const Node& n, std::size_t bytes);
  const OnnxTensor* find(const std::string& name) const;
  std::vector<std::size_t> needed(std::size_t output) const;

  OnnxGraph graph_;
  std::string source_;
  std::int64_t batch_ = -1;
  std::map<std::string, OnnxTensor> values_;
  std::map<std::string, std::size_t> producer_, uses_;          ///< by the name of a value
  std::map<std::pair<std::size_t, bool>, std::size_t> turned_;  ///< nodes in the other order of axes
  std::vector<Entry> entries_;                                  ///< 0 is the input
  std::size_t allowed_ = std::size_t{1} << 20U;  ///< bytes that may still be copied: a small file cannot make large networks of one array
  std::set<std::string> names_;
  std::vector<std::size_t> kept_;  ///< entries of the network
};

/// Null where there is none. One rule an operator.
using OnnxRule = void (*)(OnnxImport&, const OnnxNode&);
using OnnxRules = std::map<std::string_view, OnnxRule>;
const OnnxRules& onnx_rules();  ///< all
OnnxRules onnx_element_rules();
OnnxRules onnx_normalization_rules();
OnnxRules onnx_shape_rules();  ///< the same numbers in another shape
OnnxRules onnx_image_rules();  ///< windows and sizes

/// The value of an operator whose inputs are all known; false: it has another.
bool fold_constants(OnnxImport& import, const OnnxNode& n);

}  // namespace lehr
