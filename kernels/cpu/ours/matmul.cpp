// The output is cut into blocks of rows x 32 columns; a block's sums stay in registers over the whole of k, so b is read where it lies:
// no packing, which is what the library spends on small products. Only a transposed or bfloat16 b is copied, a panel at a time.
#include "kernels/cpu/ours/matmul.h"

#include <algorithm>

#include "kernels/cpu/ours/epilogue.h"
#include "kernels/cpu/ours/scratch.h"
#include "kernels/cpu/ours/tile.h"
#include "kernels/cpu/parallel.h"

namespace lehr::ours {
namespace {

constexpr std::int64_t panel = 32;         // columns
constexpr double work_of_a_chunk = 0.4e6;  // multiply-adds; about 3 us: enough to pay for handing it to a thread
constexpr std::int64_t rows_while_packed = 512;

/// [k, columns] from a b stored [k, n] or, transposed, [n, k].
void pack_panel(const MatmulSpec& s, ConstView b, std::int64_t first, std::int64_t columns, float* to) {
  if (!s.transpose_b) {
    for (std::int64_t k = 0; k < s.k; ++k) load(b.data, s.b, k * s.n + first, to + k * panel, columns);
    return;
  }
  constexpr std::int64_t strip = 64;
  float row[strip];
  for (std::int64_t k = 0; k < s.k; k += strip) {
    const std::int64_t length = std::min(strip, s.k - k);
    for (std::int64_t j = 0; j < columns; ++j) {
      load(b.data, s.b, (first + j) * s.k + k, row, length);
      for (std::int64_t i = 0; i < length; ++i) to[(k + i) * panel + j] = row[i];
    }
  }
}

class Product final : public Matmul {
 public:
  Product(const Cpu& cpu, const MatmulSpec& spec) : cpu_(cpu), s_(spec), level_(best_tile_level()) {
    packs_ = s_.transpose_b || s_.b != DType::f32;
    const auto row_work = static_cast<double>(std::max<std::int64_t>(s_.k, 1) * std::min(panel, s_.n));
    const auto rows = static_cast<std::int64_t>(work_of_a_chunk / std::max(row_work, 1.0)) + 1;
    rows_ = std::max<std::int64_t>(1, std::min(s_.m, packs_ ? rows_while_packed : (rows + 7) / 8 * 8));
    if (s_.a != DType::f32) scratch_.shared = s_.m * s_.k;
    scratch_.per_thread = whole_lines(packs_ ? s_.k * panel : 0) + (s_.c != DType::f32 ? rows_ * panel : 0);
    scratch_.threads = cpu.threads();
  }
  std::size_t workspace_bytes() const override { return scratch_.bytes(); }

  void run(ConstView a, ConstView b, ConstView bias, View c, View workspace, Stream&) override {
    const auto* wide_a = static_cast<const float*>(a.data);
    if (s_.a != DType::f32) {
      float* to = Scratch::shared_part(workspace);
      for_chunks(cpu_, s_.m * s_.k, 1 << 16,
                 [&](std::int64_t, std::int64_t begin, std::int64_t end) { load(a.data, s_.a, begin, to + begin, end - begin); });
      wide_a = to;
    }
    const std::int64_t row_blocks = chunks_of(s_.m, rows_);
    for_chunks(cpu_, chunks_of(s_.n, panel) * row_blocks, 1, [&](std::int64_t chunk, std::int64_t, std::int64_t) {
      block(wide_a, b, bias.as<float>(), c, workspace, chunk % row_blocks * rows_, chunk / row_blocks * panel);
    });
  }

 private:
  void block(const float* a, ConstView b, const float* bias, View c, View workspace, std::int64_t row, std::int64_t column) {
    const std::int64_t rows = std::min(rows_, s_.m - row), columns = std::min(panel, s_.n - column);
    float* own = scratch_.own_part(workspace);
    TileSum sum{.inner = s_.k, .a_row = s_.transpose_a ? 1 : s_.k, .a_inner = s_.transpose_a ? s_.m : 1, .b_inner = packs_ ? panel : s_.n};
    const float* b0 = own;
    if (packs_)
      pack_panel(s_, b, column, columns, own);
    else if (s_.k != 0)
      b0 = static_cast<const float*>(b.data) + column;
    const bool direct = s_.c == DType::f32;
    TileOutput out{.c = direct ? c.as<float>() + row * s_.n + column : own + whole_lines(packs_ ? s_.k * panel : 0),
                   .stride = direct ? s_.n : panel,
                   .bias = s_.bias ? bias + column : nullptr};
    clamp_for(s_.activation, out);
    if (s_.k == 0)  // nothing is read: any address will do
      tile_block(level_, sum, out.c, out.c, rows, columns, out);
    else
      tile_block(level_, sum, a + row * sum.a_row, b0, rows, columns, out);
    for (std::int64_t i = 0; i < rows; ++i) {
      activate(s_.activation, out.c + i * out.stride, columns);
      if (!direct) narrow(out.c + i * out.stride, c.as<bf16>() + (row + i) * s_.n + column, columns);
    }
  }

  const Cpu& cpu_;
  MatmulSpec s_;
  TileLevel level_;
  bool packs_ = false;
  std::int64_t rows_ = 1;
  Scratch scratch_;
};

}  // namespace

std::unique_ptr<Matmul> make_matmul(const Cpu& cpu, const MatmulSpec& spec) { return std::make_unique<Product>(cpu, spec); }

}  // namespace lehr::ours
