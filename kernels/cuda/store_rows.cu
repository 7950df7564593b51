// A batch's results into the table of all rows, an element a thread.
#include "kernels/store_rows.h"

#include "kernels/cuda/device/pack.cuh"
#include "kernels/cuda/make_kernel.h"

namespace lehr {
namespace {

template <class From, class To>
__global__ void store_rows_kernel(const From* x, To* y, const StepCounters* counters, std::int64_t count, std::int64_t elements,
                                  std::int64_t rows) {
  const std::int64_t i = device::first_element<1>();
  if (i >= count) return;
  const std::int64_t row = (counters->sample + i / elements) % rows;
  if constexpr (std::is_same_v<From, std::int32_t>)
    y[row * elements + i % elements] = x[i];
  else
    y[row * elements + i % elements] = device::as_float(x[i]);
}

template <class From, class To>
class CudaStoreRows final : public StoreRows {
 public:
  explicit CudaStoreRows(const StoreRowsSpec& spec) : s_(spec) {}
  void run(ConstView x, const StepCounters* counters, View y, Stream& stream) override {
    const std::int64_t count = s_.batch * s_.elements, rows = static_cast<std::int64_t>(y.count) / s_.elements;
    launch(store_rows_kernel<From, To>, blocks_for(count), block_threads, 0, stream, x.as<From>(), y.as<To>(), counters, count, s_.elements,
           rows);
  }

 private:
  StoreRowsSpec s_;
};

}  // namespace

std::unique_ptr<StoreRows> make_on(Cuda&, const StoreRowsSpec& spec) {
  if (spec.from == DType::i32) return std::make_unique<CudaStoreRows<std::int32_t, std::int32_t>>(spec);
  return with_float_on_cuda("store rows", spec.from,
                            [&]<class T>(T) -> std::unique_ptr<StoreRows> { return std::make_unique<CudaStoreRows<T, float>>(spec); });
}

}  // namespace lehr
