#include "tune/callbacks/webhook.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "engine/http_post.h"
#include "tune/callbacks/callback_state.h"
#include "tune/json_text.h"

namespace lehr {

namespace {

/// Posts in their order, on a thread of its own.
class Poster {
 public:
  Poster() : thread_([this] { work(); }) {}
  Poster(const Poster&) = delete;
  Poster& operator=(const Poster&) = delete;
  ~Poster() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }
  void add(HttpPost message) {
    const std::lock_guard lock(mutex_);
    // A server that is away for long gets what is new.
    if (waiting_.size() >= 100) waiting_.pop_front();
    waiting_.push_back(std::move(message));
    wake_.notify_one();
  }
  void finish() {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return waiting_.empty() && !busy_; });
  }
  /// What went wrong since the last question; empty where nothing did.
  std::string take_problem() {
    const std::lock_guard lock(mutex_);
    return std::exchange(problem_, {});
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [this] { return !waiting_.empty() || ending_; });
      if (waiting_.empty()) return;
      const HttpPost message = std::move(waiting_.front());
      waiting_.pop_front();
      busy_ = true;
      lock.unlock();
      const std::string problem = post(message);
      lock.lock();
      busy_ = false;
      if (!problem.empty()) {
        problem_ = problem;
        // One that does not answer would hold the end up for every message left.
        waiting_.clear();
      }
      if (waiting_.empty()) idle_.notify_all();
    }
  }
  std::mutex mutex_;
  std::condition_variable wake_, idle_;
  std::deque<HttpPost> waiting_;
  std::string problem_;
  bool busy_ = false, ending_ = false;
  std::thread thread_;
};

class WebhookCallback final : public StatelessCallback {
 public:
  explicit WebhookCallback(Webhook spec) : spec_(std::move(spec)) {
    if (!spec_.root.starts_with("http://") && !spec_.root.starts_with("https://"))
      throw Error({.category = Category::usage,
                   .where = "webhook",
                   .what = "cannot post there",
                   .expected = "an address with http:// or https://",
                   .got = spec_.root});
  }

  void on_epoch_end(Run& run, std::int64_t epoch, EpochLogs& logs) override {
    if (run.replayed()) return;
    if (!poster_) poster_ = std::make_unique<Poster>();
    warn(run);
    std::vector<std::pair<std::string, std::string>> members{{"epoch", std::to_string(epoch)}};
    for (const auto& [name, value] : logs) members.emplace_back(name, json_number(value));
    const std::string json = json_object(members);
    HttpPost message{.url = spec_.root + spec_.path, .body = json, .headers = spec_.headers, .timeout_s = spec_.timeout};
    if (!spec_.send_as_json) {
      message.body = form_encoded(spec_.field) + "=" + form_encoded(json);
      message.content_type = "application/x-www-form-urlencoded";
    }
    poster_->add(std::move(message));
  }
  void on_train_end(Run& run) override {
    if (!poster_) return;
    poster_->finish();
    warn(run);
  }

 private:
  void warn(Run& run) {
    const std::string problem = poster_->take_problem();
    if (problem.empty() || warned_) return;
    warned_ = true;
    run.event("warned", "warning: could not reach " + spec_.root + ": " + problem);
  }
  Webhook spec_;
  std::unique_ptr<Poster> poster_;
  bool warned_ = false;
};

}  // namespace

std::unique_ptr<Callback> make_callback(const Webhook& spec) { return std::make_unique<WebhookCallback>(spec); }

}  // namespace lehr
