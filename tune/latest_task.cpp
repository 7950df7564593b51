#include "tune/latest_task.h"

#include <utility>

namespace lehr {

LatestTask::~LatestTask() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void LatestTask::submit(std::function<void()> task) {
  const std::lock_guard lock(mutex_);
  next_ = std::move(task);
  wake_.notify_one();
}

void LatestTask::wait() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return !next_ && !busy_; });
}

std::optional<Error> LatestTask::take_problem() {
  const std::lock_guard lock(mutex_);
  return std::exchange(problem_, std::nullopt);
}

void LatestTask::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return next_ || ending_; });
    if (!next_) return;
    auto task = std::exchange(next_, nullptr);
    busy_ = true;
    lock.unlock();
    std::optional<Error> problem;
    try {
      task();
    } catch (const Error& e) {
      problem = e;
    } catch (const std::exception& e) {
      problem = Error({.category = Category::failed, .where = "writing", .what = e.what()});
    }
    task = nullptr;  // what it holds is freed here, not under the lock
    lock.lock();
    busy_ = false;
    if (problem) problem_ = problem;
    if (!next_) idle_.notify_all();
  }
}

}  // namespace lehr
