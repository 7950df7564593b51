#include "kernels/elementwise.h"

#include <algorithm>
#include <cstring>

#include "kernels/cpu/element.h"

namespace lehr {
namespace {

template <class T>
LEHR_SIMD void add_two(const T* a, const T* b, T* y, std::int64_t n) {
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) store(y, i, load(a, i) + load(b, i));
}

/// Any number of inputs through a block of float32 sums, so that bf16 is rounded once. Reads x[0] wholly before it writes y: y may be x[0].
template <class T>
LEHR_SIMD void add_many(std::span<const ConstView> x, T* y, std::int64_t begin, std::int64_t end) {
  constexpr std::int64_t block = 256;
  float sums[block];
  for (std::int64_t at = begin; at < end; at += block) {
    const std::int64_t n = std::min(block, end - at);
    for (std::int64_t i = 0; i < n; ++i) sums[i] = 0;
    for (const ConstView& input : x) {
      const T* in = static_cast<const T*>(input.data) + at;
#pragma omp simd
      for (std::int64_t i = 0; i < n; ++i) sums[i] += load(in, i);
    }
    T* out = y + at;
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) store(out, i, sums[i]);
  }
}

template <class T>
class Add final : public AddTensors {
 public:
  Add(const Cpu& cpu, const AddSpec& spec) : cpu_(cpu), spec_(spec) {}
  void run(std::span<const ConstView> x, View y, Stream&) override {
    for_chunks(cpu_, spec_.count, element_chunk, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      if (x.size() == 2)
        add_two(x[0].as<T>() + begin, x[1].as<T>() + begin, y.as<T>() + begin, end - begin);
      else
        add_many(x, y.as<T>(), begin, end);
    });
  }

 private:
  const Cpu& cpu_;
  AddSpec spec_;
};

class Concatenate final : public ConcatenateTensors {
 public:
  Concatenate(const Cpu& cpu, const ConcatenateSpec& spec) : cpu_(cpu), spec_(spec), size_(static_cast<std::int64_t>(size_of(spec.dtype))) {
    for (const std::int64_t c : spec.channels) total_ += c;
  }
  void run(std::span<const ConstView> x, View y, Stream&) override {
    for_pieces([&](std::size_t i, std::int64_t row, std::int64_t at, std::int64_t bytes) {
      std::memcpy(static_cast<std::byte*>(y.data) + at, static_cast<const std::byte*>(x[i].data) + row * bytes,
                  static_cast<std::size_t>(bytes));
    });
  }
  void split(ConstView dy, std::span<const View> dx, Stream&) override {
    for_pieces([&](std::size_t i, std::int64_t row, std::int64_t at, std::int64_t bytes) {
      if (dx[i])
        std::memcpy(static_cast<std::byte*>(dx[i].data) + row * bytes, static_cast<const std::byte*>(dy.data) + at,
                    static_cast<std::size_t>(bytes));
    });
  }

 private:
  /// piece(input, row, byte offset in the joined tensor, bytes of the input's row)
  template <class Piece>
  void for_pieces(const Piece& piece) const {
    for_chunks(cpu_, spec_.rows, row_chunk(total_), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        std::int64_t at = row * total_ * size_;
        for (std::size_t i = 0; i < spec_.channels.size(); ++i) {
          piece(i, row, at, spec_.channels[i] * size_);
          at += spec_.channels[i] * size_;
        }
      }
    });
  }

  const Cpu& cpu_;
  ConcatenateSpec spec_;
  std::int64_t size_, total_ = 0;
};

template <class T>
LEHR_SIMD void scale_run(const T* x, T* y, std::int64_t n, const float* scale, const float* offset, std::int64_t period) {
  for (std::int64_t at = 0; at < n; at += period) {
    const std::int64_t length = std::min(period, n - at);
#pragma omp simd
    for (std::int64_t i = 0; i < length; ++i) store(y, at + i, load(x, at + i) * scale[i] + offset[i]);
  }
}

template <class T>
class Scale final : public ScaleOffset {
 public:
  Scale(const Cpu& cpu, const ScaleOffsetSpec& spec) : cpu_(cpu), count_(spec.rows * spec.channels) {
    const auto at = [&](const std::vector<float>& v, std::int64_t c, float otherwise) {
      return v.empty() ? otherwise : v[v.size() == 1 ? 0 : static_cast<std::size_t>(c)];
    };
    const std::int64_t period = chunks_of(512, spec.channels) * spec.channels;
    for (std::int64_t i = 0; i < period; ++i) {
      scale_.push_back(at(spec.scale, i % spec.channels, 1));
      offset_.push_back(at(spec.offset, i % spec.channels, 0));
    }
  }
  void run(ConstView x, View y, Stream&) override {
    const auto period = static_cast<std::int64_t>(scale_.size());
    for_chunks(cpu_, count_, chunks_of(element_chunk, period) * period, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      scale_run(x.as<T>() + begin, y.as<T>() + begin, end - begin, scale_.data(), offset_.data(), period);
    });
  }

 private:
  const Cpu& cpu_;
  std::int64_t count_;
  std::vector<float> scale_, offset_;  // of a run of whole pixels
};

template <class From, class To>
LEHR_SIMD void cast_run(const From* x, To* y, std::int64_t n) {
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) store(y, i, load(x, i));
}

template <class From, class To>
class CastTo final : public Cast {
 public:
  CastTo(const Cpu& cpu, std::int64_t count) : cpu_(cpu), count_(count) {}
  void run(ConstView x, View y, Stream&) override {
    for_chunks(cpu_, count_, element_chunk, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      cast_run(x.as<From>() + begin, y.as<To>() + begin, end - begin);
    });
  }

 private:
  const Cpu& cpu_;
  std::int64_t count_;
};

}  // namespace

std::unique_ptr<AddTensors> make_on(Cpu& cpu, const AddSpec& spec) {
  return with_float("add", spec.dtype, [&]<class T>(T) -> std::unique_ptr<AddTensors> { return std::make_unique<Add<T>>(cpu, spec); });
}

std::unique_ptr<ConcatenateTensors> make_on(Cpu& cpu, const ConcatenateSpec& spec) { return std::make_unique<Concatenate>(cpu, spec); }

std::unique_ptr<ScaleOffset> make_on(Cpu& cpu, const ScaleOffsetSpec& spec) {
  verify(spec);
  return with_float("scale", spec.dtype, [&]<class T>(T) -> std::unique_ptr<ScaleOffset> { return std::make_unique<Scale<T>>(cpu, spec); });
}

std::unique_ptr<Cast> make_on(Cpu& cpu, const CastSpec& spec) {
  return with_float("cast", spec.to, [&]<class To>(To) -> std::unique_ptr<Cast> {
    switch (spec.from) {
      case DType::f32:
        return std::make_unique<CastTo<float, To>>(cpu, spec.count);
      case DType::bf16:
        return std::make_unique<CastTo<bf16, To>>(cpu, spec.count);
      case DType::u8:
        return std::make_unique<CastTo<std::uint8_t, To>>(cpu, spec.count);
      case DType::f64:
        return std::make_unique<CastTo<double, To>>(cpu, spec.count);
      default:
        unsupported("cast", spec.from);
    }
  });
}

}  // namespace lehr
