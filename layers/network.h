// network.h: a directed graph of layer specs. It knows no device, touches no file, owns no memory: it can be copied, printed and searched.
// BuiltNetwork fixes the input's shape: every layer's output shape, weights and final names follow.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layers/layer.h"

namespace lehr {

/// A layer's place in a network; 0 is the input.
struct Node {
  std::size_t id = 0;
};

class Network {
 public:
  struct Entry {
    LayerSpec layer;
    std::vector<std::size_t> inputs = {};         ///< nodes
    std::optional<std::size_t> shared_with = {};  ///< a layer used again: the entry whose weights and name it has
    std::size_t group = 0, call = 0, rank = 0;    ///< of which model inside, in which of its uses, and its place among that model's layers
  };
  /// A model inside the network, as Keras nests them; groups()[0] is the network itself. Its entries lie flat among the others.
  struct Group {
    std::string name = "functional", class_name = "Functional", input_name = {};  ///< input_name: of its InputLayer; empty: automatic
    std::string input_dtype = "float32";                                          ///< as a file says: here inputs are float32
    std::size_t parent = 0, rank = 0;
    bool trainable = true;
    struct Use {
      std::size_t input = 0, output = 0;  ///< nodes
      std::size_t call = 0;               ///< of the parent
    };
    std::vector<Use> uses = {};
  };

  Network() = default;
  explicit Network(Shape input_shape) : input_shape_(std::move(input_shape)) {}

  Network& add(LayerSpec layer);                               ///< after the last layer
  Node add(LayerSpec layer, const std::vector<Node>& inputs);  ///< anywhere: branches
  Node add(Entry entry);                                       ///< with all that a file may say of it
  std::size_t add_group(Group group);                          ///< its number
  void set_group(std::size_t group, Group value) { groups_.at(group) = std::move(value); }
  Network& append(const Network& other);  ///< its layers after ours, its input is our output
  Node append(const Network& other, Node input);
  Node last() const { return {entries_.size()}; }

  const std::vector<Entry>& entries() const { return entries_; }
  std::size_t size() const { return entries_.size(); }
  const std::optional<Shape>& input_shape() const { return input_shape_; }
  void set_input_shape(Shape shape) { input_shape_ = std::move(shape); }

  /// Where starting weights come from: "imagenet", a file, or empty. Resolved by Model, never by the network.
  const std::string& weights() const { return weights_; }
  void set_weights(std::string source) { weights_ = std::move(source); }
  /// The layers that the source is for, by name: those of the appended network that brought it. Empty: all.
  const std::vector<std::string>& weight_layers() const { return weight_layers_; }
  const std::string& name() const { return groups_[0].name; }
  void set_name(std::string name) { groups_[0].name = std::move(name); }
  const std::vector<Group>& groups() const { return groups_; }

  /// The entry that owns the weights of this one: itself unless a layer is used again.
  std::size_t owner(std::size_t entry) const { return entries_[entry].shared_with.value_or(entry); }
  /// Layers stop training whose final name or path ("base/conv1") matches the glob (`block[1-4]*`), and all those of a model inside whose name
  /// or path does. Returns how many; needs no shapes.
  std::size_t freeze(std::string_view glob);
  /// Final names: given ones (behind the inner model's name where two models have a layer of that name), or class name and a counter.
  std::vector<std::string> layer_names() const;
  /// The layer of an entry. Throws Error{usage} that names it where its arguments are wrong.
  std::unique_ptr<Layer> make(std::size_t entry) const;
  /// True where the first layer, augmentation aside, does its own rescaling.
  bool takes_raw_range() const;

  /// The text that reads back as this network where it is a chain of layers, else empty.
  std::string text() const;

 private:
  std::size_t next_rank() const;
  std::string group_path(std::size_t group) const;  ///< "base/stem"; empty for the network itself
  std::vector<Entry> entries_;
  std::optional<Shape> input_shape_;
  std::vector<Group> groups_ = std::vector<Group>(1);
  std::string weights_;
  std::vector<std::string> weight_layers_;
};

/// `Conv2D` -> `conv2d`, `MaxPooling2D` -> `max_pooling2d`: Keras's automatic names.
std::string automatic_name(std::string_view class_name);

struct BuiltLayer {
  std::string name, class_name;
  std::vector<std::size_t> inputs;  ///< nodes
  Shape output;
  bool trainable = true;
  std::shared_ptr<const Layer> layer;
  std::vector<LayerWeight> weights;
  std::vector<std::size_t> state;  ///< indices of its weights in the State; of a layer used again, those of its first use

  std::int64_t parameter_count() const;  ///< elements of its weights; a layer used again counts them each time
};

class BuiltNetwork {
 public:
  /// Throws Error{usage} naming the layer where shapes do not fit.
  BuiltNetwork(const Network& network, Shape input);

  const Network& network() const { return network_; }
  const Shape& input() const { return input_; }
  const Shape& output() const { return layers_.empty() ? input_ : layers_.back().output; }
  const std::vector<BuiltLayer>& layers() const { return layers_; }
  const Shape& shape_of(std::size_t node) const { return node == 0 ? input_ : layers_[node - 1].output; }
  std::vector<StateTensor> tensors() const;  ///< for State, in order of layers
  std::int64_t parameter_count() const;
  std::int64_t trainable_count() const;
  std::optional<Activation> final_activation() const;  ///< of the last layer

  /// Starting values: weight i draws from Philox stream 0x10000 + i of the seed.
  void initialize(State& state, std::uint64_t seed) const;
  /// Emits every layer; returns the value of each node, the input first and the output last. `x` is in the planner's compute type.
  std::vector<Value> emit(Planner& planner, Value x) const;

 private:
  Network network_;
  Shape input_;
  std::vector<BuiltLayer> layers_;
};

/// `conv2d(32, 3) | flatten | dense(10, softmax)`, branches, repeat(n, ...), zoo names. Throws Error{usage} with a caret.
Network network_from_spec(const SpecValue& value);
Network network_from_text(std::string_view text);

}  // namespace lehr
