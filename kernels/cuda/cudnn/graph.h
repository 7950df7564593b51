// graph.h: the operation graphs of a convolution's three passes, and the device they are meant for.
//   forward           y = act(conv(x, w) + bias)        intermediates are virtual and float32, so that one kernel does it all
//   backward_data     dx from dy and w                  backward_weights  dw from x and dy
// Activations are NHWC and weights KRSC by their strides; cuDNN counts extents as NCHW and KCRS.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernels/conv2d.h"
#include "kernels/cuda/cudnn/api.h"

namespace lehr::cudnn {

/// What products are made of. f32: no tensor cores at all; tf32: float32 operands rounded to 10 bits of mantissa; bf16: bfloat16 operands.
/// Sums are float32 in all of them.
enum class Math : std::uint8_t { f32, tf32, bf16 };
constexpr std::string_view name_of(Math math) { return math == Math::f32 ? "float32" : math == Math::tf32 ? "tf32" : "bfloat16"; }
constexpr Math math_of(DType dtype, bool tf32) { return dtype == DType::bf16 ? Math::bf16 : tf32 ? Math::tf32 : Math::f32; }

/// A GPU: the one that a handle belongs to, or one that is only described (a profile, see profiles/), on a machine that has none.
class Target {
 public:
  static Target of(std::shared_ptr<const Api> api, cudnnHandle_t handle, std::string name);
  static Target described(std::shared_ptr<const Api> api, const std::string& json, std::string name);

  const std::shared_ptr<const Api>& api() const { return api_; }
  const std::string& name() const { return name_; }
  /// Sets the attribute of `descriptor` that says the device; graphs have one for a handle, engines and heuristics one for a description.
  void apply(Descriptor& descriptor, cudnnBackendAttributeName_t description) const;
  void apply_handle(Descriptor& descriptor, cudnnBackendAttributeName_t attribute) const;

 private:
  std::shared_ptr<const Api> api_;
  std::string name_;
  cudnnHandle_t handle_ = nullptr;
  std::shared_ptr<Descriptor> description_;
};

enum class Pass : std::uint8_t { forward, backward_data, backward_weights };
constexpr std::string_view name_of(Pass pass) {
  return pass == Pass::forward ? "forward" : pass == Pass::backward_data ? "d_input" : "d_weights";
}

struct ConvGraphSpec {
  Pass pass = Pass::forward;
  Conv2dShape shape = {};
  Math math = Math::f32;
  bool bias = false;                           ///< forward only; of the operands' type: a float32 bias beside bfloat16 would need run-time
                                               ///< compilation (cuDNN 9.19)
  Activation activation = Activation::linear;  ///< forward only, as activation_fits()
  DType operands() const { return math == Math::bf16 ? DType::bf16 : DType::f32; }
  std::string text() const;  ///< names the graph in the plan cache: everything that a plan depends on
};

/// Tensors that are bound when a plan runs.
enum class Uid : std::int64_t { x = 1, w = 2, bias = 3, y = 4 };  ///< dx is x, dy is y, dw is w

class ConvGraph {
 public:
  ConvGraph(const Target& target, const ConvGraphSpec& spec);
  const Descriptor& descriptor() const { return graph_; }
  const ConvGraphSpec& spec() const { return spec_; }
  const Target& target() const { return target_; }

 private:
  struct Builder;
  Target target_;
  ConvGraphSpec spec_;
  Descriptor graph_;
};

/// linear and relu. For relu6, sigmoid and tanh cuDNN 9.19 has a node too, but no precompiled engine beyond its plain loops (H100, H200): the
/// convolution then stops at the bias, and our own kernel follows.
bool activation_fits(Activation activation);

/// The graphs that lehr's operations ask for.
ConvGraphSpec graph_of(const Conv2dForwardSpec& spec);
ConvGraphSpec graph_of(const Conv2dBackwardDataSpec& spec);
ConvGraphSpec graph_of(const Conv2dBackwardWeightsSpec& spec);

}  // namespace lehr::cudnn
