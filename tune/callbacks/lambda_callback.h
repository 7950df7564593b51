// lambda_callback.h: functions of a person's own, from C++. What they remember does not survive a restart: for that, write a Callback.
#pragma once

#include <functional>

#include "tune/callback.h"

namespace lehr {

struct LambdaCallback {
  static constexpr SpecInfo info{
      .name = "lambda_callback", .class_name = "LambdaCallback", .summary = "calls functions of your own", .formula = "each at its moment"};
  std::function<void(Run&)> on_train_begin = {}, on_train_end = {};
  std::function<void(Run&, std::int64_t epoch)> on_epoch_begin = {};
  std::function<void(Run&, std::int64_t epoch, EpochLogs& logs)> on_epoch_end = {};
  std::function<void(Run&, const BatchEnd&)> on_train_batch_end = {};
  int every_batches = 1;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("every_batches", self.every_batches, "batches between calls of on_train_batch_end");
  }
};
std::unique_ptr<Callback> make_callback(const LambdaCallback& spec);

}  // namespace lehr
