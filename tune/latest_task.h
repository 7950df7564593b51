// latest_task.h: a thread that does the newest of what it is given. What was not begun when something newer came is left out.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "kernels/error.h"

namespace lehr {

class LatestTask {
 public:
  LatestTask() : thread_([this] { work(); }) {}
  LatestTask(const LatestTask&) = delete;
  LatestTask& operator=(const LatestTask&) = delete;
  ~LatestTask();  ///< does what was given last
  void submit(std::function<void()> task);
  void wait();                          ///< until everything is done
  std::optional<Error> take_problem();  ///< the last Error of a task since the last question

 private:
  void work();
  std::mutex mutex_;
  std::condition_variable wake_, idle_;
  std::function<void()> next_;
  bool busy_ = false, ending_ = false;
  std::optional<Error> problem_;
  std::thread thread_;
};

}  // namespace lehr
