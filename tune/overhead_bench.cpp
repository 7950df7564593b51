#include "tune/overhead_bench.h"

#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "kernels/philox.h"
#include "tune/callbacks/lambda_callback.h"
#include "tune/steady_seconds.h"

namespace lehr {

namespace {

struct OverheadNet {
  const char *name, *model;
  Shape sample;
  std::int64_t samples, batch;
};

const OverheadNet& find_net(const std::string& name) {
  static const OverheadNet nets[] = {{"mlp", "lecture_mlp(320)", {28, 28, 1}, 60'000, 32},
                                     {"cifar", "lecture_cnn(relu)", {32, 32, 3}, 50'000, 128}};
  for (const auto& net : nets)
    if (name == net.name) return net;
  throw Error({.category = Category::usage, .where = "bench overhead", .what = "unknown network", .expected = "mlp or cifar", .got = name});
}

Dataset random_samples(const Shape& sample, std::int64_t rows) {
  Dataset out{.x = Array(sample.with_batch(rows), DType::u8), .y = Array({rows}, DType::i32), .name = "random"};
  for (std::size_t i = 0; i < out.x.bytes(); ++i) out.x.data()[i] = static_cast<std::byte>(random_word({.seed = 7}, 0, i) & 0xFFU);
  for (std::int64_t i = 0; i < rows; ++i) out.y.as<std::int32_t>()[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(i % 10);
  return out;
}

double cpu_seconds(int of) {
  rusage use{};
  getrusage(of, &use);
  const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec); };
  return seconds(use.ru_utime) + seconds(use.ru_stime);
}

EpochCost now() { return {.seconds = steady_seconds(), .cpu_s = cpu_seconds(RUSAGE_SELF) + cpu_seconds(RUSAGE_CHILDREN)}; }

/// The bar as on a terminal, and when each epoch began.
class TimedBar final : public Renderer {
 public:
  TimedBar()
      : bar_(make_renderer({.mode = RendererMode::bar, .terminal = {.interactive = true, .utf8 = true, .width = 100}}, screen_, screen_)) {}
  void on_run_begin(const RunInfo& info) override { bar_->on_run_begin(info); }
  void on_epoch_begin(std::int64_t epoch) override {
    begun.push_back(now());
    bar_->on_epoch_begin(epoch);
  }
  void on_step(const Progress& p) override { bar_->on_step(p); }
  void on_epoch_end(const EpochEnd& e) override { bar_->on_epoch_end(e); }
  void on_event(const Event& e) override { bar_->on_event(e); }
  void on_message(const std::string& line) override { bar_->on_message(line); }

  std::vector<EpochCost> begun;

 private:
  std::ostringstream screen_;
  std::unique_ptr<Renderer> bar_;
};

/// The first epoch warms up; the last one's end is not seen.
std::vector<EpochCost> costs_of(const std::vector<EpochCost>& begun) {
  std::vector<EpochCost> out;
  for (std::size_t i = 1; i + 1 < begun.size(); ++i)
    out.push_back({.seconds = begun[i + 1].seconds - begun[i].seconds, .cpu_s = begun[i + 1].cpu_s - begun[i].cpu_s});
  return out;
}

double median(std::vector<EpochCost> values, double EpochCost::* what) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle, {}, what);
  return (*middle).*what;
}

std::vector<EpochCost> bare_run(const FitJob& job, const Dataset& data) {
  const JobModel made = make_job_model(job, data);
  std::vector<EpochCost> begun;
  const LambdaCallback clock{.on_epoch_begin = [&](Run&, std::int64_t) { begun.push_back(now()); }};
  made.model->fit_run(data, {.epochs = job.epochs, .batch_size = job.batch_size, .callbacks = {clock}});
  return begun;
}

std::vector<EpochCost> full_run(FitJob job, const DataSplits& data) {
  job.callbacks = {"early_stopping(monitor=loss, patience=1000)", "reduce_lr_on_plateau(monitor=loss, patience=1000)",
                   "model_checkpoint(best.weights.h5, monitor=loss, save_best_only=true, mode=max)", "csv_logger(log.csv)",
                   "terminate_on_nan"};
  TimedBar bar;
  run_fit_job(job, {.renderer = &bar, .data = &data});
  return bar.begun;
}

}  // namespace

EpochCost median_cost(const std::vector<EpochCost>& epochs) {
  return {.seconds = median(epochs, &EpochCost::seconds), .cpu_s = median(epochs, &EpochCost::cpu_s)};
}

OverheadResult run_overhead_bench(const OverheadBench& bench) {
  const OverheadNet& net = find_net(bench.net);
  OverheadResult out{.samples = bench.samples > 0 ? bench.samples : net.samples, .batch = net.batch};
  DataSplits data;
  data.train = random_samples(net.sample, out.samples);
  FitJob job = bench.job;
  job.model = net.model;
  job.data = "random";
  job.epochs = bench.epochs + 2;
  job.batch_size = net.batch;
  job.overwrite = true;
  job.run = bench.folder;
  for (int turn = 0; turn < bench.turns; ++turn) {
    const auto bare = costs_of(bare_run(job, *data.train)), full = costs_of(full_run(job, data));
    const EpochCost without = median_cost(bare), with = median_cost(full);
    out.added.push_back({.seconds = with.seconds - without.seconds, .cpu_s = with.cpu_s - without.cpu_s});
    out.bare.insert(out.bare.end(), bare.begin(), bare.end());
    out.full.insert(out.full.end(), full.begin(), full.end());
  }
  std::error_code error;
  std::filesystem::remove_all(bench.folder, error);
  return out;
}

}  // namespace lehr
