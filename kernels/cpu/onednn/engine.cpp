#ifdef LEHR_WITH_ONEDNN
#include "kernels/cpu/onednn/engine.h"

#include <string>

#include "kernels/error.h"

namespace lehr::onednn {
namespace {

const char* name_of_status(dnnl_status_t status) {
  switch (status) {
    case dnnl_out_of_memory:
      return "out of memory";
    case dnnl_invalid_arguments:
      return "invalid arguments";
    case dnnl_unimplemented:
      return "not implemented for this problem";
    case dnnl_runtime_error:
      return "run-time error";
    default:
      return "failed";
  }
}

}  // namespace

void check(dnnl_status_t status, std::string_view call) {
  if (status == dnnl_success) return;
  throw Error({.category = Category::device, .where = "oneDNN " + std::string(call), .what = name_of_status(status)});
}

bool implemented(dnnl_status_t status, std::string_view call) {
  if (status == dnnl_unimplemented) return false;
  check(status, call);
  return true;
}

bool is_reference(const PrimitiveDesc& desc) {
  const char* name = nullptr;
  check(dnnl_primitive_desc_query(desc.get(), dnnl_query_impl_info_str, 0, static_cast<void*>(&name)), "primitive_desc_query");
  return name != nullptr && std::string_view(name).starts_with("ref");
}

Engine::Engine() {
  dnnl_engine_t engine = nullptr;
  check(dnnl_engine_create(&engine, dnnl_cpu, 0), "engine_create");
  engine_.reset(engine);
  dnnl_stream_t stream = nullptr;
  check(dnnl_stream_create(&stream, engine, dnnl_stream_in_order), "stream_create");
  stream_.reset(stream);
}

dnnl_data_type_t type_of(DType dtype) {
  if (dtype == DType::f32) return dnnl_f32;
  if (dtype == DType::bf16) return dnnl_bf16;
  throw Error({.category = Category::usage,
               .where = "oneDNN",
               .what = "element type",
               .expected = "float32 or bfloat16",
               .got = std::string(name_of(dtype))});
}

Layout strided(const Extents& extents, DType dtype, const Extents& strides) {
  dnnl_memory_desc_t out = nullptr;
  check(dnnl_memory_desc_create_with_strides(&out, static_cast<int>(extents.size()), extents.data(), type_of(dtype), strides.data()),
        "memory_desc_create_with_strides");
  return Layout(out);
}

Layout free_layout(const Extents& extents, DType dtype) {
  dnnl_memory_desc_t out = nullptr;
  check(dnnl_memory_desc_create_with_tag(&out, static_cast<int>(extents.size()), extents.data(), type_of(dtype), dnnl_format_tag_any),
        "memory_desc_create_with_tag");
  return Layout(out);
}

Layout layout_of(const PrimitiveDesc& desc, dnnl_query_t what) {
  const_dnnl_memory_desc_t found = dnnl_primitive_desc_query_md(desc.get(), what, 0);
  if (found == nullptr) return nullptr;
  dnnl_memory_desc_t copy = nullptr;
  check(dnnl_memory_desc_clone(&copy, found), "memory_desc_clone");
  return Layout(copy);
}

std::size_t bytes_of(const Layout& layout) { return layout == nullptr ? 0 : dnnl_memory_desc_get_size(layout.get()); }

bool can_fuse(Activation a) {
  return a == Activation::linear || a == Activation::relu || a == Activation::relu6 || a == Activation::sigmoid || a == Activation::tanh;
}

Attributes attributes(Activation activation) {
  dnnl_primitive_attr_t attributes = nullptr;
  check(dnnl_primitive_attr_create(&attributes), "primitive_attr_create");
  Attributes out(attributes);
  check(dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user), "primitive_attr_set_scratchpad_mode");
  if (activation == Activation::linear) return out;
  dnnl_post_ops_t raw = nullptr;
  check(dnnl_post_ops_create(&raw), "post_ops_create");
  const std::unique_ptr<dnnl_post_ops, Destroy<dnnl_post_ops_destroy>> ops(raw);
  const auto append = [&](dnnl_alg_kind_t kind, float alpha, float beta) {
    check(dnnl_post_ops_append_eltwise(raw, kind, alpha, beta), "post_ops_append_eltwise");
  };
  if (activation == Activation::relu) append(dnnl_eltwise_relu, 0, 0);
  if (activation == Activation::relu6) append(dnnl_eltwise_clip, 0, 6);
  if (activation == Activation::sigmoid) append(dnnl_eltwise_logistic, 0, 0);
  if (activation == Activation::tanh) append(dnnl_eltwise_tanh, 0, 0);
  check(dnnl_primitive_attr_set_post_ops(attributes, raw), "primitive_attr_set_post_ops");
  return out;
}

Call::Call(const Engine& engine, const PrimitiveDesc& desc, std::initializer_list<Argument> arguments) {
  dnnl_primitive_t primitive = nullptr;
  check(dnnl_primitive_create(&primitive, desc.get()), "primitive_create");
  primitive_.reset(primitive);
  const auto add = [&](int role, const Layout& layout) {
    dnnl_memory_t memory = nullptr;
    if (layout != nullptr) {
      check(dnnl_memory_create(&memory, layout.get(), engine.get(), DNNL_MEMORY_NONE), "memory_create");
      arguments_.push_back({role, memory});
    }
    memories_.emplace_back(memory);
  };
  for (const Argument& a : arguments) add(a.role, a.layout);
  const Layout scratch = layout_of(desc, dnnl_query_scratchpad_md);
  scratch_bytes_ = bytes_of(scratch);
  if (scratch_bytes_ != 0) add(DNNL_ARG_SCRATCHPAD, scratch);
}

void Call::execute(const Engine& engine, const void* const* pointers, std::size_t count) {
  for (std::size_t i = 0; i < memories_.size() && i < count; ++i)
    if (memories_[i] != nullptr)
      check(dnnl_memory_set_data_handle(memories_[i].get(), const_cast<void*>(pointers[i])), "memory_set_data_handle");
  check(dnnl_primitive_execute(primitive_.get(), engine.stream(), static_cast<int>(arguments_.size()), arguments_.data()),
        "primitive_execute");
}

Reorder::Reorder(const Engine& engine, const Layout& from, const Layout& to) {
  if (dnnl_memory_desc_equal(from.get(), to.get()) != 0) return;
  dnnl_primitive_desc_t desc = nullptr;
  check(dnnl_reorder_primitive_desc_create(&desc, from.get(), engine.get(), to.get(), engine.get(), nullptr),
        "reorder_primitive_desc_create");
  call_ = Call(engine, PrimitiveDesc(desc), {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
}

}  // namespace lehr::onednn
#endif
