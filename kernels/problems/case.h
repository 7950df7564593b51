// case.h: a problem made ready on a backend: operands, prepared operations, and what float64 says of every result. Tests, `bench` and
// `bench --check` run the same cases.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernels/make.h"
#include "kernels/problem.h"
#include "kernels/problems/guarded.h"

namespace lehr::check {

/// What float64 says of a result, and how far each element may be from it.
struct Expected {
  std::vector<double> value, allowed;
};
struct Result {
  std::string name;  ///< y, d_weights
  Guarded* memory = nullptr;
  std::function<Expected()> expected;  ///< called by checks only: the references are slow
};

/// One operation of a case.
struct Pass {
  std::string name;  ///< forward, d_input: one word
  std::function<void()> run;
  std::vector<Result> results;
  double flops = 0, bytes = 0;        ///< least work: each operand counted once
  DType dtype = DType::f32;           ///< whose peak is the roof
  bool any_threads = true;            ///< promises the same bits for any number of threads
  bool timed = true;                  ///< false: there for its correctness
  std::function<void()> reset = {};   ///< for operations that change what they read: called before each checked run
  std::function<void()> finish = {};  ///< called after each checked run: brings results into public order
};

/// Owns what the passes of a problem read and write.
class Case {
 public:
  explicit Case(Backend& backend) : backend_(&backend) {}

  std::string variant = "ours";  ///< which implementation runs, where there are several

  Backend& backend() const { return *backend_; }
  Stream& stream() const { return backend_->stream(); }

  /// Uninitialized: NaN where floats lie, so that an element never written shows.
  Guarded& memory(DType dtype, std::int64_t count) {
    memory_.push_back(std::make_unique<Guarded>(*backend_, dtype, static_cast<std::size_t>(count)));
    return *memory_.back();
  }
  Guarded& workspace(std::size_t bytes) {
    workspaces_.push_back(memory_.size());
    return memory(DType::u8, static_cast<std::int64_t>(bytes));
  }
  /// Uniform in [low, high); every input of a case has numbers of its own.
  Guarded& input(DType dtype, std::int64_t count, double low = -1, double high = 1) {
    Guarded& in = memory(dtype, count);
    in.randomize(++inputs_, low, high);
    return in;
  }
  Guarded& input(DType dtype, const std::vector<double>& values) {
    Guarded& in = memory(dtype, static_cast<std::int64_t>(values.size()));
    in.assign(values);
    return in;
  }
  /// A plain record where operations read it: in the backend's memory.
  template <class Record>
  Record* record(const Record& value) {
    Guarded& at = memory(DType::u8, sizeof(Record));
    backend_->copy_in(at.view().data, &value, sizeof value);
    return static_cast<Record*>(at.view().data);
  }
  template <class Spec>
  auto prepare(const Spec& spec) {
    auto made = make(spec, *backend_);
    return std::shared_ptr<typename decltype(made)::element_type>(std::move(made));
  }

  void add(Pass pass) { passes_.push_back(std::move(pass)); }
  const std::vector<Pass>& passes() const { return passes_; }
  bool guards_intact() const {
    return std::ranges::all_of(memory_, [](const auto& m) { return m->guards_intact(); });
  }
  /// All that the pass may read and not write.
  std::vector<const Guarded*> operands(const Pass& pass) const {
    std::vector<const Guarded*> all;
    for (std::size_t i = 0; i < memory_.size(); ++i)
      if (std::ranges::find(workspaces_, i) == workspaces_.end()) all.push_back(memory_[i].get());
    std::erase_if(all, [&](const auto* m) { return std::ranges::any_of(pass.results, [&](const Result& r) { return r.memory == m; }); });
    return all;
  }

 private:
  Backend* backend_;
  std::vector<std::unique_ptr<Guarded>> memory_;  // closures of passes point into them
  std::vector<std::size_t> workspaces_;           // indices
  std::vector<Pass> passes_;
  std::uint32_t inputs_ = 0;
};

/// Bytes of operands, each counted once.
template <class... Operands>
double traffic(const Operands&... operands) {
  return (0.0 + ... + operands.size());
}

/// The tolerance of every element: a float32 computation of `terms` rounding steps whose terms add up to magnitude[i].
inline Expected within(DType dtype, double terms, std::vector<double> value, const std::vector<double>& magnitude) {
  Expected e{std::move(value), {}};
  for (std::size_t i = 0; i < e.value.size(); ++i) e.allowed.push_back(tolerance(dtype, terms, magnitude[i], e.value[i]));
  return e;
}
/// Operands that lose mantissa to tf32: 10 bits stay, cut off by some devices and rounded by others, so that a product of two is off by 2^-9.
inline Expected in_tf32(Expected e, const std::vector<double>& magnitude) {
  for (std::size_t i = 0; i < e.allowed.size(); ++i) e.allowed[i] += 0x1p-9 * magnitude[i];
  return e;
}
/// Relative and absolute, for element-wise functions.
inline Expected within(std::vector<double> value, double relative, double absolute) {
  Expected e{std::move(value), {}};
  for (const double v : e.value) e.allowed.push_back(relative * std::abs(v) + absolute + 1e-300);
  return e;
}
inline Expected exactly(std::vector<double> value) { return within(std::move(value), 0, 0); }

}  // namespace lehr::check
