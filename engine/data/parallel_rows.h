// parallel_rows.h: a loop over rows on OpenMP's team, whose body may throw and whose progress is told.
#pragma once

#include <omp.h>

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>

namespace lehr {

/// One thread at a time. No exception may leave a critical section.
inline void told(const std::function<void(std::int64_t)>& progress, std::int64_t done) {
  std::exception_ptr thrown;
#pragma omp critical(lehr_rows_progress)
  try {
    progress(done);
  } catch (...) {
    thrown = std::current_exception();
  }
  if (thrown) std::rethrow_exception(thrown);
}

/// body(row) for every row in [0, count). Where some throw, the error of the lowest row is thrown again afterwards, whatever the number of
/// threads. `progress(done)` comes from one thread at a time, about a hundred times; an error of its own ends the loop like a row's.
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
      if (progress && finished % tick == 0) told(progress, finished);
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
