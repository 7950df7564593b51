#include "tune/callbacks/lambda_callback.h"

namespace lehr {

namespace {

class Lambdas final : public StatelessCallback {
 public:
  explicit Lambdas(LambdaCallback spec) : spec_(std::move(spec)) {}
  void on_train_begin(Run& run) override {
    if (spec_.on_train_begin) spec_.on_train_begin(run);
  }
  void on_epoch_begin(Run& run, std::int64_t epoch) override {
    if (spec_.on_epoch_begin) spec_.on_epoch_begin(run, epoch);
  }
  void on_train_batch_end(Run& run, const BatchEnd& end) override { spec_.on_train_batch_end(run, end); }
  void on_epoch_end(Run& run, std::int64_t epoch, EpochLogs& logs) override {
    if (spec_.on_epoch_end) spec_.on_epoch_end(run, epoch, logs);
  }
  void on_train_end(Run& run) override {
    if (spec_.on_train_end) spec_.on_train_end(run);
  }
  std::int64_t every_batches() const override { return spec_.on_train_batch_end ? spec_.every_batches : 0; }

 private:
  LambdaCallback spec_;
};

}  // namespace

std::unique_ptr<Callback> make_callback(const LambdaCallback& spec) { return std::make_unique<Lambdas>(spec); }

}  // namespace lehr
