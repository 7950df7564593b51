#include "tune/find_lr.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/data/split.h"
#include "engine/number_text.h"
#include "tune/row_feed.h"
#include "tune/sample_weights.h"

namespace lehr {

namespace {

void check(const RangeTestOptions& o, const Dataset& train) {
  const auto refuse = [](const char* where, const char* what, const std::string& expected, const std::string& got) {
    throw Error({.category = Category::usage, .where = where, .what = what, .expected = expected, .got = got});
  };
  if (!(o.from > 0) || !std::isfinite(o.from)) refuse("--from", "a rate is positive", "as 1e-7", number_text(o.from));
  if (!(o.to > o.from) || !std::isfinite(o.to))
    refuse("--to", "must lie above --from", "more than " + number_text(o.from), number_text(o.to));
  if (o.steps < 10) refuse("--steps", "too few to see a curve", "10 or more", std::to_string(o.steps));
  if (o.batch_size < 1) refuse("--batch-size", "must be positive", "1 or more", std::to_string(o.batch_size));
  if (train.size() == 0) throw Error({.category = Category::data, .where = train.name, .what = "there are no samples to train on"});
}

double rate_at(const RangeTestOptions& o, std::int64_t step) {
  const double share = static_cast<double>(step) / static_cast<double>(o.steps);
  return o.growth == RateGrowth::linear ? o.from + (o.to - o.from) * share : o.from * std::pow(o.to / o.from, share);
}

/// Holds all that training changes, and puts it back.
class Unchanged {
 public:
  explicit Unchanged(Model& model) : m_(model), s_(model.state()) {
    const SlotLayout layout = m_.options().optimizer.slots(s_.tensors());
    s_.set_slots(layout.initial, layout.extra);
    if (AveragedWeights* averaged = m_.averaged_weights(); averaged != nullptr && averaged->inside()) {
      averaged->leave();
      inside_ = true;
    }
    counters_ = s_.read_counters();
    weights_ = s_.snapshot();
    slots_.resize(s_.slots().bytes());
    if (!slots_.empty()) s_.backend().copy_out(slots_.data(), s_.slots().data, slots_.size());
  }
  Unchanged(const Unchanged&) = delete;
  Unchanged& operator=(const Unchanged&) = delete;
  ~Unchanged() {
    s_.restore(weights_);
    if (!slots_.empty()) s_.backend().copy_in(s_.slots().data, slots_.data(), slots_.size());
    s_.write_counters(counters_);
    if (inside_) m_.averaged_weights()->enter();
  }

 private:
  Model& m_;
  State& s_;
  StepCounters counters_;
  std::vector<float> weights_;
  std::vector<std::byte> slots_;
  bool inside_ = false;
};

class Test {
 public:
  Test(Model& model, const Dataset& train, const RangeTestOptions& options)
      : m_(model), o_(options), n_(train.size()), batch_(std::min(options.batch_size, n_)) {
    check_weights(o_.class_weights, train);
    StepForm form = form_of(train, m_.options().input, !o_.class_weights.empty());
    form.ids = takes_ids(m_.loss());
    labels_ = {.y = labels_for(train, form.ids), .sample_weights = train.sample_weights};
    rows_ = make_row_feed(m_.backend(), train, labels_, batch_);
    spec_ = {.count = batch_,
             .capacity = o_.steps,
             .beta = o_.beta,
             .factor = o_.diverged > 0 ? o_.diverged : std::numeric_limits<double>::infinity()};
    step_ = make_step_plan(
        {.network = m_.network(),
         .state = m_.state(),
         .options = {.mode = PlanMode::train, .batch = batch_, .precision = m_.options().precision, .seed = m_.options().seed},
         .form = form,
         .loss = m_.loss(),
         .optimizer = &m_.options().optimizer,
         .augmentation = &o_.augmentation,
         .range_test = spec_});
    if (o_.class_weights.empty()) return;
    class_weights_ = Buffer(m_.backend(), o_.class_weights.size() * sizeof(float));
    m_.backend().copy_in(class_weights_.data(), o_.class_weights.data(), class_weights_.bytes());
    step_.plan->bind(step_.class_weights, {class_weights_.data(), DType::f32, o_.class_weights.size()});
  }

  RateTrace run() {
    State& s = m_.state();
    StepCounters counters = s.read_counters();
    std::vector<StepRow> table;
    for (std::int64_t i = 0; i < o_.steps; ++i) table.push_back(m_.options().optimizer.row(counters.step + i, rate_at(o_, i)));
    s.upload_step_table(table);
    counters.cursor = counters.stop = 0;
    first_ = counters.step;
    s.write_counters(counters);
    step_.zero_sums(m_.backend());
    const std::int64_t steps_per_epoch = n_ / batch_;
    for (std::int64_t i = 0; i < o_.steps; ++i) {
      if (i % steps_per_epoch == 0) begin_epoch(i / steps_per_epoch);
      rows_->feed(step_);
      step_.plan->run();
      if (i % 8 == 7 && ended(i + 1)) break;
    }
    return read();
  }

 private:
  /// The rows in the order that a fit would take; a ragged last batch is left out.
  void begin_epoch(std::int64_t epoch) {
    const auto shuffled = permutation(n_, m_.options().seed, shuffle_stream, static_cast<std::uint64_t>(epoch));
    const std::vector<std::int32_t> order(shuffled.begin(), shuffled.end());
    rows_->start(order, 0);
    StepCounters counters = m_.state().read_counters();
    counters.sample = 0;
    m_.state().write_counters(counters);
  }

  bool ended(std::int64_t steps) const {
    if (o_.interrupted && o_.interrupted())
      throw Error({.category = Category::interrupted, .where = "the range test", .what = "stopped; the model is as it was"});
    if (o_.done) o_.done(steps, o_.steps);
    return m_.state().read_counters().stop != 0;
  }

  RateTrace read() const {
    const StepCounters counters = m_.state().read_counters();
    const View trace = step_.plan->view(step_.trace);
    std::vector<double> values(static_cast<std::size_t>(spec_.elements()));
    m_.backend().copy_out(values.data(), trace.data, values.size() * sizeof(double));
    RateTrace out{.diverged = counters.stop != 0};
    // The stopping step is written, and from it on `step` stays; the cursor moves on until the host asks.
    const std::int64_t steps = counters.step - first_ + (out.diverged ? 1 : 0);
    for (std::int64_t i = 0; i < steps; ++i) {
      const auto at = static_cast<std::size_t>(RangeTestSpec::head + 2 * i);
      out.rates.push_back(rate_at(o_, i));
      out.losses.push_back(values[at]);
      out.smoothed.push_back(values[at + 1]);
    }
    return out;
  }

  Model& m_;
  const RangeTestOptions& o_;
  std::int64_t n_, batch_, first_ = 0;
  RowLabels labels_;
  std::unique_ptr<RowFeed> rows_;
  RangeTestSpec spec_;
  StepPlan step_;
  Buffer class_weights_;
};

/// What a window of a curve is asked.
struct Window {
  std::vector<double> rates, losses;
};

Window window_of(const RateTrace& trace, std::int64_t steps) {
  const auto n = static_cast<std::int64_t>(trace.rates.size());
  Window out;
  for (std::int64_t i = steps / 10; i < n - 5; ++i) {
    const auto at = static_cast<std::size_t>(i);
    if (!std::isfinite(trace.smoothed[at])) break;
    out.rates.push_back(trace.rates[at]);
    out.losses.push_back(trace.smoothed[at]);
  }
  return out;
}

double steepest(const Window& w) {
  std::size_t best = 0;
  double lowest = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i + 1 < w.rates.size(); ++i) {
    const double slope = (w.losses[i + 1] - w.losses[i]) / (std::log(w.rates[i + 1]) - std::log(w.rates[i]));
    if (slope < lowest) {
      lowest = slope;
      best = i;
    }
  }
  return w.rates[best];
}

// fastai looks for the longest falling subsequence, and takes its begin when it first proves longer than the one before.
double valley(const Window& w) {
  const auto n = static_cast<std::int64_t>(w.losses.size());
  std::vector<std::int64_t> length(w.losses.size(), 1);
  std::int64_t start = 0, end = 0;
  const auto at = [](std::int64_t i) { return static_cast<std::size_t>(i); };
  for (std::int64_t i = 1; i < n; ++i) {
    for (std::int64_t j = 0; j < i; ++j) {
      if (w.losses[at(i)] < w.losses[at(j)] && length[at(i)] < length[at(j)] + 1) length[at(i)] = length[at(j)] + 1;
      if (length[at(end)] < length[at(i)]) {
        end = i;
        start = end - length[at(end)];
      }
    }
  }
  const double section = static_cast<double>(end - start) / 3;
  const std::int64_t index = start + static_cast<std::int64_t>(section) + static_cast<std::int64_t>(section / 2);
  return w.rates[at(std::max<std::int64_t>(index, 0))];
}

double lowest(const Window& w) {
  return w.rates[static_cast<std::size_t>(std::min_element(w.losses.begin(), w.losses.end()) - w.losses.begin())];
}

/// Each value with two on either side; fewer at the ends. No number counts as infinite.
std::vector<double> medians_of_five(const std::vector<double>& values) {
  std::vector<double> out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::vector<double> near;
    for (std::size_t j = i < 2 ? 0 : i - 2; j < std::min(values.size(), i + 3); ++j)
      near.push_back(std::isfinite(values[j]) ? values[j] : std::numeric_limits<double>::infinity());
    const auto middle = near.begin() + static_cast<std::ptrdiff_t>(near.size() / 2);
    std::nth_element(near.begin(), middle, near.end());
    out.push_back(*middle);
  }
  return out;
}

double largest_stable(const RateTrace& trace) {
  const auto losses = medians_of_five(trace.losses);
  const auto low = std::min_element(losses.begin(), losses.end());
  const double limit = *low + 0.25 * std::max(losses.front() - *low, 0.0);
  auto last = low;
  while (last + 1 != losses.end() && *(last + 1) <= limit) ++last;
  return trace.rates[static_cast<std::size_t>(last - losses.begin())];
}

}  // namespace

RateTrace range_test(Model& model, const Dataset& train, const RangeTestOptions& options) {
  if (train.table != nullptr) {
    model.learn_table(train);
    return range_test(model, model.features_of(train), options);
  }
  check(options, train);
  model.resolve(train);
  check_augmentation(options.augmentation, train.sample_shape());
  const Unchanged unchanged(model);
  return Test(model, train, options).run();
}

RateSuggestions suggest_rates(const RateTrace& trace, std::int64_t steps) {
  RateSuggestions out;
  if (const Window w = window_of(trace, steps); w.rates.size() >= 2) {
    out.steepest = steepest(w);
    out.valley = valley(w);
    out.minimum = lowest(w) / 10;
  }
  if (trace.rates.size() >= 5) out.stable = largest_stable(trace);
  return out;
}

std::vector<std::optional<double>> in_order(const RateSuggestions& s) { return {s.steepest, s.valley, s.minimum, s.stable}; }

}  // namespace lehr
