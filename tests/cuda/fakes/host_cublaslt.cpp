// A libcublasLt.so.13 that computes on the host: for the executor, whose device memory is the host's. It takes what NVIDIA's header says of
// layouts, epilogues, alignment and workspaces at its word and refuses the rest, keeps relu's mask in a form of its own, and writes down every
// product. $LEHR_REFUSED_EPILOGUES names epilogues, by their numbers with blanks around each, that its heuristic has no algorithm for.
#include <cublasLt.h>

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <type_traits>

namespace {

struct Layout {
  cudaDataType_t type;
  std::int64_t rows, columns, step;
};
struct Desc {
  cublasComputeType_t compute;
  cublasOperation_t transpose_a = CUBLAS_OP_N, transpose_b = CUBLAS_OP_N;
  cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
  void *bias = nullptr, *mask = nullptr;
  std::int64_t mask_step = 0;
};
struct Preference {
  std::uint64_t workspace = 0;
  std::uint32_t schemes = 0, alignment = 256;
};

template <class To, class From>
To* as(From* from) {
  return reinterpret_cast<To*>(const_cast<std::remove_const_t<From>*>(from));
}

constexpr std::uint64_t workspace_wanted = 4096;
std::string& book() {
  static std::string text;
  return text;
}

// Loops of ours read the device's memory: to the executor's AddressSanitizer a memcpy from there would be a fault.
float load(const void* data, cudaDataType_t type, std::int64_t i) {
  if (type == CUDA_R_32F) return static_cast<const float*>(data)[i];
  return std::bit_cast<float>(static_cast<std::uint32_t>(static_cast<const std::uint16_t*>(data)[i]) << 16U);
}
void store(void* data, cudaDataType_t type, std::int64_t i, float value) {
  if (type == CUDA_R_32F) {
    static_cast<float*>(data)[i] = value;
    return;
  }
  const auto bits = std::bit_cast<std::uint32_t>(value);
  static_cast<std::uint16_t*>(data)[i] = static_cast<std::uint16_t>((bits + 0x7fffU + (bits >> 16U & 1U)) >> 16U);  // ties to even
}

/// Element (row, column) of op(matrix).
float at(const void* data, const Layout& m, cublasOperation_t op, std::int64_t row, std::int64_t column) {
  return load(data, m.type, op == CUBLAS_OP_N ? column * m.step + row : row * m.step + column);
}
std::int64_t rows_of(const Layout& m, cublasOperation_t op) { return op == CUBLAS_OP_N ? m.rows : m.columns; }
std::int64_t columns_of(const Layout& m, cublasOperation_t op) { return op == CUBLAS_OP_N ? m.columns : m.rows; }

bool has(const Desc& d, int epilogue) { return (static_cast<int>(d.epilogue) & epilogue) == epilogue; }
bool masks(const Desc& d) { return has(d, 128); }
bool drelu(const Desc& d) { return d.epilogue == CUBLASLT_EPILOGUE_DRELU; }
bool aligned(const void* p, std::uintptr_t to) { return p != nullptr && reinterpret_cast<std::uintptr_t>(p) % to == 0; }

bool known(cublasLtEpilogue_t epilogue) {
  for (const auto one : {CUBLASLT_EPILOGUE_DEFAULT, CUBLASLT_EPILOGUE_RELU, CUBLASLT_EPILOGUE_BIAS, CUBLASLT_EPILOGUE_RELU_BIAS,
                         CUBLASLT_EPILOGUE_RELU_AUX, CUBLASLT_EPILOGUE_RELU_AUX_BIAS, CUBLASLT_EPILOGUE_DRELU, CUBLASLT_EPILOGUE_BGRADA})
    if (one == epilogue) return true;
  return false;
}

/// What cuBLASLt's header asks of a product.
bool sound(const Desc& d, const Layout& a, const Layout& b, const Layout& c) {
  const bool shapes = rows_of(a, d.transpose_a) == c.rows && columns_of(b, d.transpose_b) == c.columns &&
                      columns_of(a, d.transpose_a) == rows_of(b, d.transpose_b);
  const bool types = a.type == b.type && !(a.type == CUDA_R_32F && c.type == CUDA_R_16BF);
  const bool vector = has(d, CUBLASLT_EPILOGUE_BIAS) || d.epilogue == CUBLASLT_EPILOGUE_BGRADA;
  return shapes && types && known(d.epilogue) && (!vector || aligned(d.bias, 16)) &&
         (!masks(d) || (aligned(d.mask, 16) && d.mask_step % 128 == 0 && d.mask_step >= c.rows));
}

/// The bit of an element of D, turned upside down: nobody but this library may read a mask.
void set_mask(const Desc& d, std::int64_t row, std::int64_t column, bool positive) {
  const std::int64_t bit = column * d.mask_step + (d.mask_step - 1 - row);
  auto& byte = static_cast<unsigned char*>(d.mask)[bit / 8];
  const auto one = static_cast<unsigned char>(1U << (bit % 8));
  byte = static_cast<unsigned char>(positive ? byte & ~one : byte | one);
}
bool in_mask(const Desc& d, std::int64_t row, std::int64_t column) {
  const std::int64_t bit = column * d.mask_step + (d.mask_step - 1 - row);
  return (static_cast<const unsigned char*>(d.mask)[bit / 8] >> (bit % 8) & 1U) == 0;
}

std::string line_of(const Desc& d, const Layout& a, const Layout& b, const Layout& c) {
  const auto matrix = [](const Layout& m, cublasOperation_t op) {
    return std::to_string(m.rows) + "x" + std::to_string(m.columns) + (op == CUBLAS_OP_T ? "T" : "") +
           (m.type == CUDA_R_16BF ? " bf16" : " f32");
  };
  std::string line = "A " + matrix(a, d.transpose_a) + ", B " + matrix(b, d.transpose_b) + ", D " + matrix(c, CUBLAS_OP_N) + ", epilogue " +
                     std::to_string(static_cast<int>(d.epilogue));
  if (d.compute == CUBLAS_COMPUTE_32F_FAST_TF32) line += ", tf32";
  if (masks(d)) line += ", mask step " + std::to_string(d.mask_step);
  return line + "\n";
}

template <class T>
cublasStatus_t take(T& to, const void* from, std::size_t size) {
  if (size != sizeof(T)) return CUBLAS_STATUS_INVALID_VALUE;
  to = *static_cast<const T*>(from);
  return CUBLAS_STATUS_SUCCESS;
}

}  // namespace

extern "C" {

void lehr_computes_on_the_host() {}
const char* lehr_products() { return book().c_str(); }
void lehr_forget_products() { book().clear(); }

std::size_t cublasLtGetVersion() { return 130000; }
const char* cublasLtGetStatusString(cublasStatus_t status) {
  return status == CUBLAS_STATUS_SUCCESS ? "success" : "refused by the host's cuBLASLt";
}
cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle) {
  static int one = 0;
  *handle = reinterpret_cast<cublasLtHandle_t>(&one);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtDestroy(cublasLtHandle_t) { return CUBLAS_STATUS_SUCCESS; }

cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t* out, cublasComputeType_t compute, cudaDataType_t scale) {
  if (scale != CUDA_R_32F) return CUBLAS_STATUS_NOT_SUPPORTED;
  *out = as<cublasLtMatmulDescOpaque_t>(new Desc{.compute = compute});
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t desc) {
  delete as<Desc>(desc);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t desc, cublasLtMatmulDescAttributes_t what, const void* from,
                                              std::size_t size) {
  Desc& d = *as<Desc>(desc);
  switch (what) {
    case CUBLASLT_MATMUL_DESC_TRANSA:
      return take(d.transpose_a, from, size);
    case CUBLASLT_MATMUL_DESC_TRANSB:
      return take(d.transpose_b, from, size);
    case CUBLASLT_MATMUL_DESC_EPILOGUE:
      return take(d.epilogue, from, size);
    case CUBLASLT_MATMUL_DESC_BIAS_POINTER:
      return take(d.bias, from, size);
    case CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER:
      return take(d.mask, from, size);
    case CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD:
      return take(d.mask_step, from, size);
    default:
      return CUBLAS_STATUS_INVALID_VALUE;
  }
}
cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t* out, cudaDataType_t type, std::uint64_t rows, std::uint64_t columns,
                                          std::int64_t step) {
  *out = as<cublasLtMatrixLayoutOpaque_t>(
      new Layout{.type = type, .rows = static_cast<std::int64_t>(rows), .columns = static_cast<std::int64_t>(columns), .step = step});
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t layout) {
  delete as<Layout>(layout);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t* out) {
  *out = as<cublasLtMatmulPreferenceOpaque_t>(new Preference);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference) {
  delete as<Preference>(preference);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t preference, cublasLtMatmulPreferenceAttributes_t what,
                                                    const void* from, std::size_t size) {
  Preference& p = *as<Preference>(preference);
  if (what == CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES) return take(p.workspace, from, size);
  return take(what == CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK ? p.schemes : p.alignment, from, size);
}

cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t desc, cublasLtMatrixLayout_t a,
                                              cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
                                              cublasLtMatmulPreference_t preference, int wanted, cublasLtMatmulHeuristicResult_t* results,
                                              int* found) {
  *found = 0;
  const Preference& p = *as<Preference>(preference);
  const bool in_float = (p.schemes & ~static_cast<unsigned>(CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE)) == 0;
  if (wanted < 1 || c != d || p.alignment != 16 || !in_float || p.workspace < workspace_wanted) return CUBLAS_STATUS_INVALID_VALUE;
  if (!sound(*as<Desc>(desc), *as<Layout>(a), *as<Layout>(b), *as<Layout>(c))) return CUBLAS_STATUS_INVALID_VALUE;
  const char* refused = std::getenv("LEHR_REFUSED_EPILOGUES");
  const std::string number = " " + std::to_string(static_cast<int>(as<Desc>(desc)->epilogue)) + " ";
  if (refused != nullptr && std::string(refused).find(number) != std::string::npos) return CUBLAS_STATUS_NOT_SUPPORTED;
  *results = {};
  results->algo.data[0] = static_cast<std::uint64_t>(as<Desc>(desc)->epilogue) + 1;
  results->workspaceSize = workspace_wanted;
  *found = 1;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmul(cublasLtHandle_t, cublasLtMatmulDesc_t desc, const void* alpha, const void* a_data,
                              cublasLtMatrixLayout_t a_layout, const void* b_data, cublasLtMatrixLayout_t b_layout, const void* beta,
                              const void* c_data, cublasLtMatrixLayout_t c_layout, void* d_data, cublasLtMatrixLayout_t d_layout,
                              const cublasLtMatmulAlgo_t* algorithm, void* workspace, std::size_t workspace_bytes, cudaStream_t) {
  const Desc& desc_ = *as<Desc>(desc);
  const Layout &a = *as<Layout>(a_layout), &b = *as<Layout>(b_layout), &d = *as<Layout>(d_layout);
  if (!sound(desc_, a, b, d) || c_layout != d_layout || c_data != d_data || !aligned(workspace, 256) ||
      workspace_bytes < workspace_wanted || algorithm->data[0] != static_cast<std::uint64_t>(desc_.epilogue) + 1 ||
      *static_cast<const float*>(alpha) != 1 || *static_cast<const float*>(beta) != 0 || !aligned(a_data, 16) || !aligned(b_data, 16) ||
      !aligned(d_data, 16))
    return CUBLAS_STATUS_INVALID_VALUE;
  for (std::size_t i = 0; i < workspace_wanted; ++i) static_cast<volatile unsigned char*>(workspace)[i] = 0xee;
  const std::int64_t depth = columns_of(a, desc_.transpose_a);
  for (std::int64_t column = 0; column < d.columns; ++column)
    for (std::int64_t row = 0; row < d.rows; ++row) {
      float sum = 0;
      for (std::int64_t k = 0; k < depth; ++k)
        sum += at(a_data, a, desc_.transpose_a, row, k) * at(b_data, b, desc_.transpose_b, k, column);
      if (has(desc_, CUBLASLT_EPILOGUE_BIAS)) sum += load(desc_.bias, d.type, row);
      if (masks(desc_) && !drelu(desc_)) set_mask(desc_, row, column, sum > 0);
      if (drelu(desc_) ? !in_mask(desc_, row, column) : has(desc_, CUBLASLT_EPILOGUE_RELU) && !(sum > 0)) sum = 0;
      store(d_data, d.type, column * d.step + row, sum);
    }
  if (desc_.epilogue == CUBLASLT_EPILOGUE_BGRADA)
    for (std::int64_t row = 0; row < d.rows; ++row) {
      float sum = 0;
      for (std::int64_t k = 0; k < depth; ++k) sum += at(a_data, a, desc_.transpose_a, row, k);
      store(desc_.bias, d.type, row, sum);
    }
  book() += line_of(desc_, a, b, d);
  return CUBLAS_STATUS_SUCCESS;
}
}
