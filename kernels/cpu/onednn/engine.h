// engine.h: oneDNN's C objects with owners, and its statuses as lehr::Error. Included by kernels/cpu/onednn/ only.
#pragma once

#include <oneapi/dnnl/dnnl.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <vector>

#include "kernels/activation.h"
#include "kernels/dtype.h"

namespace lehr::onednn {

/// The one place where a status becomes an Error{device}.
void check(dnnl_status_t status, std::string_view call);
/// As check(), but false where oneDNN does not do the problem.
bool implemented(dnnl_status_t status, std::string_view call);

template <auto destroy>
struct Destroy {
  template <class T>
  void operator()(T* object) const {
    destroy(object);
  }
};
using Memory = std::unique_ptr<dnnl_memory, Destroy<dnnl_memory_destroy>>;
using Layout = std::unique_ptr<dnnl_memory_desc, Destroy<dnnl_memory_desc_destroy>>;
using PrimitiveDesc = std::unique_ptr<dnnl_primitive_desc, Destroy<dnnl_primitive_desc_destroy>>;
using Primitive = std::unique_ptr<dnnl_primitive, Destroy<dnnl_primitive_destroy>>;
using Attributes = std::unique_ptr<dnnl_primitive_attr, Destroy<dnnl_primitive_attr_destroy>>;

/// oneDNN's plain loops, orders of magnitude slower than ours: what it has left where no fast code fits the problem.
bool is_reference(const PrimitiveDesc& desc);

/// An engine and a stream: cheap on a CPU, so every prepared operation has its own and nothing is shared.
class Engine {
 public:
  Engine();
  dnnl_engine_t get() const { return engine_.get(); }
  dnnl_stream_t stream() const { return stream_.get(); }

 private:
  std::unique_ptr<dnnl_engine, Destroy<dnnl_engine_destroy>> engine_;
  std::unique_ptr<dnnl_stream, Destroy<dnnl_stream_destroy>> stream_;
};

dnnl_data_type_t type_of(DType dtype);
using Extents = std::vector<std::int64_t>;
Layout strided(const Extents& extents, DType dtype, const Extents& strides);
Layout free_layout(const Extents& extents, DType dtype);  ///< oneDNN chooses
Layout layout_of(const PrimitiveDesc& desc, dnnl_query_t what);
std::size_t bytes_of(const Layout& layout);

/// Scratch memory given by the caller, and the activation fused behind the product (linear, relu, relu6, sigmoid, tanh).
Attributes attributes(Activation activation = Activation::linear);
bool can_fuse(Activation activation);

struct Argument {
  int role = 0;
  const Layout& layout;  ///< may be empty: the primitive does not take this argument, run() ignores its pointer
};

/// A primitive with its arguments laid out once: run() only sets pointers.
class Call {
 public:
  Call() = default;
  Call(const Engine& engine, const PrimitiveDesc& desc, std::initializer_list<Argument> arguments);
  /// Pointers in the arguments' order, and the scratch memory behind them.
  template <class... Pointers>
  void run(const Engine& engine, Pointers... pointers) {
    const std::array<const void*, sizeof...(Pointers)> all{pointers...};
    execute(engine, all.data(), all.size());
  }
  std::size_t scratch_bytes() const { return scratch_bytes_; }
  explicit operator bool() const { return primitive_ != nullptr; }

 private:
  void execute(const Engine& engine, const void* const* pointers, std::size_t count);

  Primitive primitive_;
  std::vector<Memory> memories_;  ///< one a pointer, empty where the argument is
  std::vector<dnnl_exec_arg_t> arguments_;
  std::size_t scratch_bytes_ = 0;
};

/// A copy between layouts and types; nothing to run where both are equal.
class Reorder {
 public:
  Reorder() = default;
  Reorder(const Engine& engine, const Layout& from, const Layout& to);
  explicit operator bool() const { return static_cast<bool>(call_); }
  void run(const Engine& engine, const void* from, void* to) { call_.run(engine, from, to); }

 private:
  Call call_;
};

}  // namespace lehr::onednn
