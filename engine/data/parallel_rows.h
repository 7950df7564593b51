// parallel_rows.h: a loop over rows on OpenMP's team, whose body may throw and whose progress is told.
#pragma once

#include <omp.h>

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>

namespace lehr {

/// body(row) for every row in [0, count). Where some throw, the error of the lowest row is thrown again afterwards, whatever the number of
/// threads. `progress(done)` comes from one thread at a time, about a hundred times.
template <class Body>
void for_rows(std::int64_t count, int threads, const std::function<void(std::int64_t)>& progress, const Body& body) {
  std::exception_ptr error;
  std::atomic<std::int64_t> failed{count}, done{0};
  const std::int64_t tick = count / 100 + 1;
  const int team = threads > 0 ? threads : omp_get_max_threads();
#pragma omp parallel for num_threads(team) schedule(dynamic, 4)
  for (std::int64_t row = 0; row < count; ++row) {
    if (row > failed.load(std::memory_order_relaxed)) continue;
    try {
      body(row);
      const std::int64_t finished = done.fetch_add(1, std::memory_order_relaxed) + 1;
      if (progress && finished % tick == 0) {
#pragma omp critical(lehr_rows_progress)
        progress(finished);
      }
    } catch (...) {
#pragma omp critical(lehr_rows_error)
      if (row < failed.load(std::memory_order_relaxed)) {
        failed.store(row, std::memory_order_relaxed);
        error = std::current_exception();
      }
    }
  }
  if (error) std::rethrow_exception(error);
  if (progress && count > 0) progress(count);
}

}  // namespace lehr
