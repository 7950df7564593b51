// layer.h: a layer knows shapes, weights and which operations it emits, for both directions. It owns no memory and knows no device.
// What a person writes is a plain spec (Dense{.units = 10}); make_layer(spec) makes the layer from it.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/planner.h"
#include "engine/shape.h"
#include "engine/spec/convert.h"
#include "kernels/activation.h"
#include "kernels/regularize.h"
#include "layers/initializers.h"
#include "layers/weight_options.h"

namespace lehr {

/// A weight that a layer asks for; order and names as in a Keras file.
struct LayerWeight {
  std::string name = {};  ///< "kernel"
  Shape shape = {};
  Initializer initializer = glorot_uniform;
  bool statistic = false;  ///< never trained
  Regularizer regularizer = {};
  Constraint constraint = {};
};

/// Where a layer's emission finds its inputs.
struct Emission {
  Planner& plan;
  std::string name;           ///< of the layer
  std::vector<Value> x;       ///< inputs, in compute_type()
  std::vector<Shape> shapes;  ///< of one sample each
  Shape output;
  std::vector<std::size_t> weights;  ///< indices into the State
  bool trainable = true;             ///< the layer's flag: BatchNormalization of a frozen layer runs in inference mode

  std::int64_t batch() const { return plan.batch(); }
  Value make_output() const { return plan.tensor(name, batch() * output.elements(), plan.compute_type()); }
  bool trains(std::size_t weight) const { return plan.state().tensors()[weights[weight]].trainable; }
};

class Layer {
 public:
  Layer() = default;
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;
  virtual ~Layer() = default;
  /// Throws Error{usage} that names the layer's need; the network adds the layer's name.
  virtual Shape output_shape(std::span<const Shape> inputs) const = 0;
  virtual std::vector<LayerWeight> weights(std::span<const Shape>) const { return {}; }
  virtual Value emit(Emission& e) const = 0;
  virtual std::size_t max_inputs() const { return 1; }
  virtual bool takes_raw_range() const { return false; }                     ///< Rescaling: no default rescaling in front
  virtual bool augments() const { return false; }                            ///< changes values in training only and keeps their range
  virtual std::optional<Activation> final_activation() const { return {}; }  ///< of its outputs, where it has one: chooses the loss
  virtual Regularizer activity_regularizer() const { return {}; }
};

/// Any layer spec, by value: copyable, printable, comparable by its text.
class LayerSpec {
 public:
  template <class T>
    requires SpecType<T>
  LayerSpec(T spec) : held_(std::make_shared<Held<T>>(std::move(spec))) {}  // NOLINT(google-explicit-constructor): network.add(Dense{...})

  const SpecInfo& info() const { return held_->info(); }
  const std::string& name() const { return held_->name(); }  ///< given by the user; empty: automatic
  bool trainable() const { return held_->trainable(); }
  LayerSpec named(std::string name) const { return held_->named(std::move(name)); }
  LayerSpec frozen(bool frozen) const { return held_->frozen(frozen); }
  std::unique_ptr<Layer> make() const { return held_->make(); }
  SpecValue text() const { return held_->text(); }      ///< what differs from the defaults, as typed
  SpecValue config() const { return held_->config(); }  ///< every field, as Keras's config
  /// The spec itself where it is of type T.
  template <class T>
  const T* as() const {
    const auto* held = dynamic_cast<const Held<T>*>(held_.get());
    return held == nullptr ? nullptr : &held->spec;
  }

 private:
  struct Base {
    virtual ~Base() = default;
    virtual const SpecInfo& info() const = 0;
    virtual const std::string& name() const = 0;
    virtual bool trainable() const = 0;
    virtual LayerSpec named(std::string name) const = 0;
    virtual LayerSpec frozen(bool frozen) const = 0;
    virtual std::unique_ptr<Layer> make() const = 0;
    virtual SpecValue text() const = 0;
    virtual SpecValue config() const = 0;
  };
  template <class T>
  struct Held final : Base {
    explicit Held(T s) : spec(std::move(s)) {}
    const SpecInfo& info() const override { return T::info; }
    const std::string& name() const override { return spec.name; }
    bool trainable() const override { return spec.trainable; }
    LayerSpec named(std::string name) const override {
      T copy = spec;
      copy.name = std::move(name);
      return LayerSpec(std::move(copy));
    }
    LayerSpec frozen(bool frozen) const override {
      T copy = spec;
      copy.trainable = !frozen;
      return LayerSpec(std::move(copy));
    }
    std::unique_ptr<Layer> make() const override { return make_layer(spec); }
    SpecValue text() const override { return to_spec(spec); }
    SpecValue config() const override { return to_config(spec); }
    T spec;
  };
  std::shared_ptr<const Base> held_;
};

}  // namespace lehr
