#include "kernels/bench.h"

#include <algorithm>
#include <chrono>
#include <functional>

#include "kernels/conv2d.h"
#include "kernels/make.h"
#include "kernels/matmul.h"
#include "kernels/philox.h"
#include "kernels/problems/conv2d.h"
#include "kernels/problems/matmul.h"

namespace lehr {
namespace {

struct Times {
  double median = 0, fastest = 0;
};
Times time_rounds(double seconds, const std::function<void()>& round) {
  using Clock = std::chrono::steady_clock;
  round();
  std::vector<double> times;
  const auto start = Clock::now();
  do {
    const auto begin = Clock::now();
    round();
    times.push_back(std::chrono::duration<double>(Clock::now() - begin).count());
  } while (times.size() < 5 || std::chrono::duration<double>(Clock::now() - start).count() < seconds);
  std::ranges::nth_element(times, times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2));
  return {times[times.size() / 2], std::ranges::min(times)};
}

/// Memory of a backend with small random numbers in it.
class Operand {
 public:
  Operand(Cpu& cpu, DType dtype, std::int64_t count)
      : dtype_(dtype), count_(static_cast<std::size_t>(count)), buffer_(cpu, count_ * size_of(dtype)) {
    std::vector<unsigned char> raw(buffer_.bytes());
    for (std::size_t i = 0; i < count_; ++i) {
      const float v = uniform01(random_word({.seed = 1, .stream = 1}, 0, i)) - 0.5F;
      const bf16 rounded(v);
      if (dtype == DType::bf16)
        std::copy_n(reinterpret_cast<const unsigned char*>(&rounded), 2, raw.data() + 2 * i);
      else if (dtype == DType::f32)
        std::copy_n(reinterpret_cast<const unsigned char*>(&v), 4, raw.data() + 4 * i);
    }
    cpu.copy_in(buffer_.data(), raw.data(), raw.size());
  }
  operator View() const { return {buffer_.data(), dtype_, count_}; }       // NOLINT(google-explicit-constructor)
  operator ConstView() const { return {buffer_.data(), dtype_, count_}; }  // NOLINT(google-explicit-constructor)
  double bytes() const { return static_cast<double>(buffer_.bytes()); }

 private:
  DType dtype_;
  std::size_t count_;
  Buffer buffer_;
};

Operand memory(Cpu& cpu, std::size_t bytes) { return {cpu, DType::u8, static_cast<std::int64_t>(bytes)}; }

struct Work {
  double flops = 0, bytes = 0;
  DType dtype = DType::f32;
};

BenchRow row_of(Cpu& cpu, const Problem& problem, const Roofline& roof, Variant variant, const Work& work, Times times) {
  const double peak = work.dtype == DType::bf16 ? roof.bf16_flops : roof.f32_flops;
  BenchRow row{.problem = problem.text(),
               .variant = std::string(name_of(variant)),
               .device = cpu.name(),
               .median_s = times.median,
               .fastest_s = times.fastest};
  const double median = times.median;
  row.gflops = work.flops / median * 1e-9;
  row.gb_s = work.bytes / median * 1e-9;
  row.fraction_of_roof = std::max(work.flops / peak, work.bytes / roof.bytes) / median;
  return row;
}

std::vector<Variant> variants_of(const Cpu& cpu, const Problem& problem, Variant named, const BenchOptions& options) {
  std::vector<Variant> out = problem.has("variant") ? std::vector<Variant>{named} : options.variants;
  std::erase_if(out, [&](Variant v) { return !available(cpu, v); });
  return out;
}

}  // namespace

std::vector<BenchRow> bench_conv2d(Cpu& cpu, const Problem& problem, const Roofline& roof, const BenchOptions& options) {
  const Conv2dForwardSpec base = conv2d_problem(problem);
  const Conv2dShape& s = base.shape;
  const std::int64_t weights = s.kernel_h * s.kernel_w * (s.in_channels / s.groups) * s.out_channels;
  const Operand x(cpu, base.dtype, s.batch * s.height * s.width * s.in_channels), w(cpu, base.weights, weights);
  const Operand y(cpu, base.dtype, s.batch * s.out_height() * s.out_width() * s.out_channels);
  const Operand bias(cpu, DType::f32, s.out_channels), dw(cpu, DType::f32, weights);
  const double weight_bytes = static_cast<double>(weights) * static_cast<double>(size_of(base.dtype));
  std::vector<BenchRow> rows;
  for (const Variant variant : variants_of(cpu, problem, base.variant, options)) {
    const auto measure = [&](const char* operation, double bytes, const std::function<void()>& round) {
      rows.push_back(row_of(cpu, problem, roof, variant, {.flops = s.flops(), .bytes = bytes, .dtype = base.dtype},
                            time_rounds(options.seconds, round)));
      rows.back().family = "conv2d";
      rows.back().operation = operation;
    };
    Stream& stream = cpu.stream();
    {
      Conv2dForwardSpec spec = base;
      spec.variant = variant;
      const auto op = make(spec, cpu);
      const Operand packed = memory(cpu, op->packed_bytes()), workspace = memory(cpu, op->workspace_bytes());
      op->pack(w, packed, stream);
      measure("forward", x.bytes() + y.bytes() + weight_bytes,
              [&] { op->run(x, op->packed_bytes() == 0 ? w : packed, bias, y, workspace, stream); });
    }
    {
      const auto op = make(Conv2dBackwardDataSpec{.shape = s, .dtype = base.dtype, .weights = base.weights, .variant = variant}, cpu);
      const Operand packed = memory(cpu, op->packed_bytes()), workspace = memory(cpu, op->workspace_bytes());
      op->pack(w, packed, stream);
      measure("d_input", x.bytes() + y.bytes() + weight_bytes,
              [&] { op->run(y, op->packed_bytes() == 0 ? w : packed, x, workspace, stream); });
    }
    {
      const auto op = make(Conv2dBackwardWeightsSpec{.shape = s, .dtype = base.dtype, .bias = base.bias, .variant = variant}, cpu);
      const Operand packed = memory(cpu, op->packed_bytes()), workspace = memory(cpu, op->workspace_bytes());
      measure("d_weights", x.bytes() + y.bytes() + dw.bytes(),
              [&] { op->run(x, y, op->packed_bytes() == 0 ? dw : packed, bias, workspace, stream); });
    }
  }
  return rows;
}

std::vector<BenchRow> bench_matmul(Cpu& cpu, const Problem& problem, const Roofline& roof, const BenchOptions& options) {
  const MatmulSpec base = matmul_problem(problem);
  const Operand a(cpu, base.a, base.m * base.k), b(cpu, base.b, base.k * base.n), c(cpu, base.c, base.m * base.n),
      bias(cpu, DType::f32, base.n);
  std::vector<BenchRow> rows;
  for (const Variant variant : variants_of(cpu, problem, base.variant, options)) {
    MatmulSpec spec = base;
    spec.variant = variant;
    const auto op = make(spec, cpu);
    const Operand workspace = memory(cpu, op->workspace_bytes());
    const Times times = time_rounds(options.seconds, [&] { op->run(a, b, bias, c, workspace, cpu.stream()); });
    const double flops = 2.0 * static_cast<double>(base.m * base.n) * static_cast<double>(base.k);
    rows.push_back(
        row_of(cpu, problem, roof, variant, {.flops = flops, .bytes = a.bytes() + b.bytes() + c.bytes(), .dtype = base.a}, times));
    rows.back().family = "matmul";
    rows.back().operation = "product";
  }
  return rows;
}

}  // namespace lehr
