// heart.h: the beats that keep a worker's leases its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "tune/study/study_storage.h"

namespace lehr {

/// Beats for every lease of this process, so that no other worker thinks it dead.
class Heart {
 public:
  Heart(StudyStorage& storage, double seconds) : storage_(storage), seconds_(seconds), thread_([this] { run(); }) {}
  Heart(const Heart&) = delete;
  Heart& operator=(const Heart&) = delete;
  ~Heart() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  void add(const Lease& lease) {
    const std::lock_guard lock(mutex_);
    leases_.push_back(lease);
  }
  void remove(const Lease& lease) {
    const std::lock_guard lock(mutex_);
    std::erase_if(leases_, [&](const Lease& l) { return l.text == lease.text && l.trial == lease.trial; });
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, std::chrono::duration<double>(seconds_), [this] { return ending_; })) {
      const auto leases = leases_;
      lock.unlock();
      for (const auto& lease : leases) {
        try {
          storage_.heartbeat(lease);
        } catch (const Error&) {  // the storage is away; the trial's own report will say so
          continue;
        }
      }
      lock.lock();
    }
  }
  StudyStorage& storage_;
  double seconds_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Lease> leases_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace lehr
