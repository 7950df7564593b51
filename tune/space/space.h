// space.h: all values that a search may choose, parents before the values that depend on them.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tune/space/hyperparameter.h"

namespace lehr {

/// One point of a space: the active values, in the space's order.
class Values {
 public:
  const double* find(std::string_view name) const;
  void set(std::string_view name, double value);
  const std::vector<std::pair<std::string, double>>& entries() const { return entries_; }
  bool empty() const { return entries_.empty(); }
  friend bool operator==(const Values&, const Values&) = default;

 private:
  std::vector<std::pair<std::string, double>> entries_;
};

class Space {
 public:
  /// A parameter that is there already, with equal values, is active where either is; with other values it is Error{usage}.
  void add(Hyperparameter p);

  const std::vector<Hyperparameter>& parameters() const { return parameters_; }
  bool empty() const { return parameters_.empty(); }
  const Hyperparameter* find(std::string_view name) const;
  const Hyperparameter& at(std::string_view name) const;  ///< Error{usage} where unknown
  bool active(const Hyperparameter& p, const Values& values) const;

  /// Walks the space and asks for each value that is active given those before it.
  Values fill(const std::function<double(const Hyperparameter&)>& choose) const;
  Values defaults() const;
  /// The points that a grid visits, in KerasTuner's order: each value's default first, then ascending; the last value moves fastest.
  /// Nothing where there are more than `limit`.
  std::optional<std::vector<Values>> grid(std::size_t limit) const;
  /// All points there are; nothing where a value is continuous or there are more than `limit`.
  std::optional<std::vector<Values>> points(std::size_t limit) const;
  /// The number of points where it is finite and at most `limit`.
  std::optional<std::uint64_t> count(std::uint64_t limit = 1'000'000) const;

  std::string text() const;                       ///< canonical, a line a value
  std::string hash() const;                       ///< 16 hexadecimal digits of text()
  std::string label(const Values& values) const;  ///< `units=320, learning_rate=0.001`
  JsonValue json(const Values& values) const;     ///< {"units": 320, …}

 private:
  std::optional<std::vector<Values>> walk(std::size_t limit,
                                          const std::function<std::vector<double>(const Hyperparameter&)>& candidates) const;
  std::vector<Hyperparameter> parameters_;
};

/// What the second space has otherwise, a line a difference; empty where they are the same.
std::string difference(const Space& before, const Space& now);

std::string hex16(std::uint64_t value);

}  // namespace lehr
