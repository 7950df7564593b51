// plan_memory.h: no two things that a plan needs at the same time share a byte of its arena.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "engine/plan.h"

namespace lehr::check {

/// Lifetimes are found again from the operations alone: from the first that names a value (or an alias of it) to the last, and to the end of
/// the step for results. Returns the number of pieces compared.
inline std::size_t memory_is_disjoint(const Plan& plan) {
  struct Piece {
    std::string name;
    const std::byte* begin;
    std::size_t bytes;
    std::size_t first, last;
  };
  const auto& values = plan.values();
  const auto& operations = plan.operations();
  const std::size_t never = operations.size() + 1;
  std::vector<std::size_t> first(values.size(), never), last(values.size(), 0);
  const auto root = [&](Value v) {
    const auto& info = values[static_cast<std::size_t>(v.id)];
    return static_cast<std::size_t>(info.alias_of >= 0 ? info.alias_of : v.id);
  };
  const auto touch = [&](Value v, std::size_t when) {
    if (!v) return;
    first[root(v)] = std::min(first[root(v)], when);
    last[root(v)] = std::max(last[root(v)], when);
  };
  for (std::size_t i = 0; i < operations.size(); ++i) {
    for (const Value v : operations[i].reads) touch(v, i);
    for (const Value v : operations[i].writes) touch(v, i);
  }
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i].output && first[root(Value{static_cast<int>(i)})] != never) touch(Value{static_cast<int>(i)}, operations.size());

  std::vector<Piece> pieces;
  const auto add = [&](const std::string& name, View view, std::size_t from, std::size_t to) {
    if (view.bytes() != 0) pieces.push_back({name, static_cast<const std::byte*>(view.data), view.bytes(), from, to});
  };
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i].storage == Storage::arena && values[i].alias_of < 0 && first[i] != never)
      add(values[i].name, values[i].view, first[i], last[i]);
  for (std::size_t i = 0; i < operations.size(); ++i) add(operations[i].name + " workspace", plan.workspace(i), i, i);

  std::size_t clashes = 0;
  for (std::size_t a = 0; a < pieces.size(); ++a)
    for (std::size_t b = 0; b < a; ++b) {
      const Piece &p = pieces[a], &q = pieces[b];
      const bool at_once = p.first <= q.last && q.first <= p.last, share = p.begin < q.begin + q.bytes && q.begin < p.begin + p.bytes;
      if (at_once && share && ++clashes <= 3) FAIL_CHECK(p.name << " and " << q.name << " lie on the same bytes at the same time");
    }
  return pieces.size();
}

}  // namespace lehr::check
