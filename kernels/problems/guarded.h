// guarded.h: memory with guard bytes on both sides, random contents, and comparison with float64: what checks of kernels are made of.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "kernels/backend.h"
#include "kernels/dtype.h"
#include "kernels/off_limits.h"
#include "kernels/philox.h"
#include "kernels/view.h"

namespace lehr::check {

/// Uniform in [low, high), a function of `stream` and the index.
inline double uniform_at(std::size_t i, std::uint32_t stream, double low, double high) {
  return low + (high - low) * static_cast<double>(uniform01(random_word({.seed = 11, .stream = stream}, 0, i)));
}
inline std::vector<double> uniform(std::size_t count, std::uint32_t stream, double low = -1, double high = 1) {
  std::vector<double> out(count);
  for (std::size_t i = 0; i < count; ++i) out[i] = uniform_at(i, stream, low, high);
  return out;
}

/// Memory of a backend between two guards. It starts as bytes 0xff: NaN in every float type, so that an element never written shows. The guards
/// are off limits to everybody, where that is watched; elsewhere a write shows in their pattern.
class Guarded {
 public:
  Guarded() = default;
  Guarded(Backend& backend, DType dtype, std::size_t count)
      : backend_(&backend), buffer_(backend, count * size_of(dtype) + 2 * guard), dtype_(dtype), count_(count) {
    clear();
  }
  View view() const { return count_ == 0 ? View{nullptr, dtype_, 0} : View{begin(), dtype_, count_}; }
  operator View() const { return view(); }       // NOLINT(google-explicit-constructor)
  operator ConstView() const { return view(); }  // NOLINT(google-explicit-constructor)
  DType dtype() const { return dtype_; }
  std::size_t count() const { return count_; }
  double size() const { return static_cast<double>(count_ * size_of(dtype_)); }  ///< bytes

  /// Guards and contents as new.
  void clear() {
    if (backend_ == nullptr) return;
    const Open open(*this);
    std::vector<unsigned char> bytes(buffer_.bytes(), 0xff);
    for (std::size_t i = 0; i < guard; ++i) bytes[i] = bytes[bytes.size() - 1 - i] = pattern(i);
    backend_->copy_in(buffer_.data(), bytes.data(), bytes.size());
  }
  bool guards_intact() const {
    if (backend_ == nullptr) return true;
    const Open open(*this);
    const auto all = bytes_of(buffer_.data(), buffer_.bytes());
    for (std::size_t i = 0; i < guard; ++i)
      if (all[i] != pattern(i) || all[all.size() - 1 - i] != pattern(i)) return false;
    return true;
  }
  std::vector<unsigned char> bytes() const {
    return backend_ == nullptr ? std::vector<unsigned char>{} : bytes_of(begin(), count_ * size_of(dtype_));
  }

  /// Rounds to the buffer's type; returns what the kernel will see.
  std::vector<double> assign(const std::vector<double>& values) {
    std::vector<unsigned char> raw(count_ * size_of(dtype_));
    std::vector<double> seen(count_);
    for (std::size_t i = 0; i < count_; ++i) seen[i] = put(raw.data() + i * size_of(dtype_), values[i]);
    backend_->copy_in(begin(), raw.data(), raw.size());
    return seen;
  }
  /// Uniform in [low, high), as uniform() has it, without a detour over doubles.
  void randomize(std::uint32_t stream, double low, double high) {
    std::vector<unsigned char> raw(count_ * size_of(dtype_));
    for (std::size_t i = 0; i < count_; ++i) put(raw.data() + i * size_of(dtype_), uniform_at(i, stream, low, high));
    if (!raw.empty()) backend_->copy_in(begin(), raw.data(), raw.size());
  }
  /// The bytes of another of the same size.
  void copy_from(const Guarded& other) {
    if (count_ != 0) backend_->copy(begin(), other.begin(), count_ * size_of(dtype_));
  }
  std::vector<double> values() const {
    const auto raw = bytes();
    std::vector<double> out(count_);
    for (std::size_t i = 0; i < count_; ++i) out[i] = get(raw.data() + i * size_of(dtype_));
    return out;
  }

 private:
  static constexpr std::size_t guard = 256;
  static unsigned char pattern(std::size_t i) { return static_cast<unsigned char>(0xa5U ^ (i & 0x3fU)); }
  /// While it lives, the guards may be read and written.
  class Open {
   public:
    explicit Open(const Guarded& memory) : memory_(&memory) { memory.guards(permit); }
    ~Open() { memory_->guards(put_off_limits); }
    Open(const Open&) = delete;
    Open& operator=(const Open&) = delete;

   private:
    const Guarded* memory_;
  };
  void guards(void (*limit)(Backend&, const void*, std::size_t)) const {
    limit(*backend_, buffer_.data(), guard);
    limit(*backend_, begin() + count_ * size_of(dtype_), guard);
  }
  unsigned char* begin() const { return static_cast<unsigned char*>(buffer_.data()) + guard; }
  std::vector<unsigned char> bytes_of(const void* from, std::size_t size) const {
    std::vector<unsigned char> out(size);
    backend_->copy_out(out.data(), from, size);
    return out;
  }
  template <class T>
  static double put_as(unsigned char* to, T value) {
    std::memcpy(to, &value, sizeof value);
    return static_cast<double>(value);
  }
  double put(unsigned char* to, double v) const {
    switch (dtype_) {
      case DType::bf16: {
        const bf16 b(static_cast<float>(v));
        std::memcpy(to, &b, sizeof b);
        return static_cast<double>(static_cast<float>(b));
      }
      case DType::i32:
        return put_as(to, static_cast<std::int32_t>(v));
      case DType::u8:
        return put_as(to, static_cast<std::uint8_t>(v));
      case DType::f64:
        return put_as(to, v);
      case DType::i64:
        return put_as(to, static_cast<std::int64_t>(v));
      case DType::u32:
        return put_as(to, static_cast<std::uint32_t>(v));
      default:
        return put_as(to, static_cast<float>(v));
    }
  }
  template <class T>
  static double get_as(const unsigned char* from) {
    T value;
    std::memcpy(&value, from, sizeof value);
    return static_cast<double>(value);
  }
  double get(const unsigned char* from) const {
    switch (dtype_) {
      case DType::bf16: {
        bf16 b;
        std::memcpy(&b, from, sizeof b);
        return static_cast<double>(static_cast<float>(b));
      }
      case DType::i32:
        return get_as<std::int32_t>(from);
      case DType::u8:
        return get_as<std::uint8_t>(from);
      case DType::f64:
        return get_as<double>(from);
      case DType::i64:
        return get_as<std::int64_t>(from);
      case DType::u32:
        return get_as<std::uint32_t>(from);
      default:
        return get_as<float>(from);
    }
  }

  Backend* backend_ = nullptr;
  Buffer buffer_;
  DType dtype_ = DType::f32;
  std::size_t count_ = 0;
};

/// A buffer of random numbers and what the kernel sees of them.
struct Input {
  Guarded buffer;
  std::vector<double> values;
};
inline Input random_input(Backend& backend, DType dtype, std::size_t count, std::uint32_t stream, double low = -1, double high = 1) {
  Input in{Guarded(backend, dtype, count), {}};
  in.values = in.buffer.assign(uniform(count, stream, low, high));
  return in;
}

/// Allowed error of one element: a float32 sum of `length` products whose absolute values add up to `magnitude`, then rounded to `out`.
/// Rounding errors of a sum walk randomly: 2 sqrt(length) + 4 half-ulps of the magnitude hold for any order of summation in use here.
inline double tolerance(DType out, double length, double magnitude, double want) {
  const double sum = std::ldexp(1.0, -24) * (2 * std::sqrt(length) + 4) * magnitude;
  const double rounding = out == DType::bf16 ? std::ldexp(1.0, -8) * (std::abs(want) + sum) : std::ldexp(1.0, -23) * std::abs(want);
  return sum + rounding + 1e-30;
}

struct Worst {
  double used = 0;  ///< error over tolerance
  std::size_t index = 0;
  double got = 0, want = 0;
};
/// allowed(i): the tolerance of element i. NaN in the result uses it up without limit.
template <class Allowed>
Worst compare(const std::vector<double>& got, const std::vector<double>& want, const Allowed& allowed) {
  Worst worst;
  if (got.size() != want.size()) return {.used = std::numeric_limits<double>::infinity()};
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double error = std::abs(got[i] - want[i]);
    const double used =
        std::isnan(error) ? (std::isnan(got[i]) == std::isnan(want[i]) ? 0 : std::numeric_limits<double>::infinity()) : error / allowed(i);
    if (used > worst.used) worst = {used, i, got[i], want[i]};
  }
  return worst;
}

}  // namespace lehr::check
