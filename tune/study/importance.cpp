#include "tune/study/importance.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/philox.h"

namespace lehr {

namespace {

/// Choices are columns of 0 and 1, one an alternative.
struct Table {
  std::vector<std::vector<double>> rows = {};
  std::vector<double> results = {};
  std::vector<double> low = {}, high = {};                // of each column
  std::vector<const Hyperparameter*> parameters = {};     // looked at
  std::vector<std::vector<std::size_t>> columns_of = {};  // each parameter's
};

Table table_of(const Space& space, std::span<const Trial> trials, const ImportanceOptions& o) {
  Table out;
  std::vector<const Trial*> used;
  for (const Trial& t : trials)
    if (t.state == TrialState::complete && o.objective < t.values.size() && std::isfinite(t.values[o.objective])) used.push_back(&t);
  for (const auto& p : space.parameters()) {
    const auto has = [&](const Trial* t) { return t->params.find(p.name) != nullptr; };
    if (p.count() == 1 || !std::all_of(used.begin(), used.end(), has)) continue;
    out.parameters.push_back(&p);
    const std::size_t first = out.low.size(), n = p.categorical() ? static_cast<std::size_t>(*p.count()) : 1;
    const bool plain = !p.categorical() && !o.by_position;
    out.low.insert(out.low.end(), n, plain ? p.low : 0);
    out.high.insert(out.high.end(), n, plain ? p.high : 1);
    auto& columns = out.columns_of.emplace_back(n);
    std::iota(columns.begin(), columns.end(), first);
  }
  for (const Trial* t : used) {
    std::vector<double> row;
    for (const auto* p : out.parameters) {
      const double v = *t->params.find(p->name);
      if (p->categorical())
        for (std::uint64_t k = 0; k < *p->count(); ++k) row.push_back(v == static_cast<double>(k) ? 1 : 0);
      else
        row.push_back(o.by_position ? p->position(v) : v);
    }
    out.rows.push_back(std::move(row));
    out.results.push_back(t->values[o.objective]);
  }
  return out;
}

/// A regression tree as its leaves: boxes that share out the space, each with the mean of what fell into it.
struct Leaf {
  std::vector<double> low, high;
  double value = 0;
};

struct Split {
  std::size_t column = 0;
  double threshold = 0, gain = 0;
};

/// The cut that takes most off the sum of squares.
Split best_split(const Table& table, const std::vector<std::size_t>& rows) {
  Split best;
  double total = 0;
  for (const auto r : rows) total += table.results[r];
  const auto n = static_cast<double>(rows.size());
  auto order = rows;
  for (std::size_t c = 0; c < table.low.size(); ++c) {
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return table.rows[a][c] < table.rows[b][c]; });
    double left = 0;
    for (std::size_t i = 0; i + 1 < order.size(); ++i) {
      left += table.results[order[i]];
      const double here = table.rows[order[i]][c], next = table.rows[order[i + 1]][c];
      if (here == next) continue;
      const auto k = static_cast<double>(i + 1);
      const double gain = left * left / k + (total - left) * (total - left) / (n - k) - total * total / n;
      if (gain <= best.gain) continue;
      const double middle = 0.5 * (here + next);
      best = {.column = c, .threshold = middle < next ? middle : here, .gain = gain};  // neighbouring doubles have no middle
    }
  }
  return best;
}

void grow(const Table& table, std::vector<std::size_t> rows, Leaf box, std::vector<Leaf>& leaves) {
  const auto [least, most] =
      std::minmax_element(rows.begin(), rows.end(), [&](auto a, auto b) { return table.results[a] < table.results[b]; });
  const Split split = table.results[*least] == table.results[*most] ? Split{} : best_split(table, rows);
  if (split.gain <= 0) {
    for (const auto r : rows) box.value += table.results[r] / static_cast<double>(rows.size());
    leaves.push_back(std::move(box));
    return;
  }
  const auto middle = std::partition(rows.begin(), rows.end(), [&](auto r) { return table.rows[r][split.column] <= split.threshold; });
  Leaf left = box;
  left.high[split.column] = split.threshold;
  box.low[split.column] = split.threshold;
  grow(table, {rows.begin(), middle}, std::move(left), leaves);
  grow(table, {middle, rows.end()}, std::move(box), leaves);
}

struct Weighted {
  double weight = 0, value = 0;
};
double variance(const std::vector<Weighted>& points) {
  double weight = 0, mean = 0, out = 0;
  for (const auto& p : points) weight += p.weight;
  for (const auto& p : points) mean += p.weight * p.value / weight;
  for (const auto& p : points) out += p.weight * (p.value - mean) * (p.value - mean) / weight;
  return out;
}

double volume(const Leaf& leaf, const std::vector<bool>& of) {
  double out = 1;
  for (std::size_t c = 0; c < of.size(); ++c)
    if (of[c]) out *= leaf.high[c] - leaf.low[c];
  return out;
}

/// The variance of the tree's mean over all other columns, as a function of these.
double marginal_variance(const std::vector<Leaf>& leaves, const std::vector<std::size_t>& columns, std::size_t width) {
  std::vector<bool> others(width, true);
  for (const auto c : columns) others[c] = false;
  std::vector<double> rest;
  for (const Leaf& leaf : leaves) rest.push_back(volume(leaf, others));
  // The cells between the cuts of these columns, one after the other as an odometer counts.
  std::vector<std::vector<double>> cuts;
  for (const auto c : columns) {
    auto& list = cuts.emplace_back();
    for (const Leaf& leaf : leaves) list.insert(list.end(), {leaf.low[c], leaf.high[c]});
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
  }
  std::vector<std::size_t> cell(columns.size(), 0);
  std::vector<Weighted> points;
  while (true) {
    double size = 1;
    for (std::size_t k = 0; k < cell.size(); ++k) size *= cuts[k][cell[k] + 1] - cuts[k][cell[k]];
    Weighted point;
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      bool inside = true;
      for (std::size_t k = 0; k < cell.size() && inside; ++k)
        inside = leaves[i].low[columns[k]] <= cuts[k][cell[k]] && cuts[k][cell[k] + 1] <= leaves[i].high[columns[k]];
      if (!inside) continue;
      point.weight += rest[i];
      point.value += rest[i] * leaves[i].value;
    }
    if (point.weight > 0) points.push_back({.weight = point.weight * size, .value = point.value / point.weight});
    std::size_t k = 0;
    while (k < cell.size() && ++cell[k] + 1 == cuts[k].size()) cell[k++] = 0;
    if (k == cell.size()) break;
  }
  return variance(points);
}

std::vector<Leaf> bootstrap_tree(const Table& table, std::uint64_t seed, std::int64_t tree) {
  constexpr std::uint32_t stream = 0x0B0;
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < table.rows.size(); ++i)
    rows.push_back(random_word({.seed = seed, .stream = stream}, static_cast<std::uint64_t>(tree), i) % table.rows.size());
  std::vector<Leaf> leaves;
  grow(table, rows, {.low = table.low, .high = table.high}, leaves);
  return leaves;
}

}  // namespace

std::vector<Importance> importances(const Space& space, std::span<const Trial> trials, const ImportanceOptions& o) {
  const Table table = table_of(space, trials, o);
  if (table.rows.size() < 2 || table.parameters.empty()) return {};
  const std::size_t width = table.low.size();
  std::vector<std::vector<double>> shares(table.parameters.size());
  for (std::int64_t tree = 0; tree < o.trees; ++tree) {
    const auto leaves = bootstrap_tree(table, o.seed, tree);
    std::vector<Weighted> all;
    for (const Leaf& leaf : leaves) all.push_back({.weight = volume(leaf, std::vector<bool>(width, true)), .value = leaf.value});
    const double total = variance(all);
    if (!(total > 0)) continue;
    for (std::size_t k = 0; k < shares.size(); ++k) shares[k].push_back(marginal_variance(leaves, table.columns_of[k], width) / total);
  }
  if (shares.front().empty()) return {};
  std::vector<Importance> out;
  for (std::size_t k = 0; k < shares.size(); ++k) {
    const auto n = static_cast<double>(shares[k].size());
    const double mean = std::accumulate(shares[k].begin(), shares[k].end(), 0.0) / n;
    double square = 0;
    for (const double s : shares[k]) square += (s - mean) * (s - mean) / n;
    out.push_back({.name = table.parameters[k]->name, .share = mean, .deviation = std::sqrt(square)});
  }
  std::stable_sort(out.begin(), out.end(), [](const Importance& a, const Importance& b) { return a.share > b.share; });
  return out;
}

}  // namespace lehr
