#include "tune/row_feed.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "engine/data/pipeline.h"
#include "kernels/cpu.h"
#include "tune/device_rows.h"

namespace lehr {

namespace {

void bind(const StepPlan& step, ConstView x, ConstView y, ConstView sample_weights, ConstView order) {
  step.plan->bind(step.x, x);
  if (step.y) step.plan->bind(step.y, y);
  if (step.sample_weights) step.plan->bind(step.sample_weights, sample_weights);
  step.plan->bind(step.permutation, order);
}

/// An order of rows on the device.
class DeviceOrder {
 public:
  explicit DeviceOrder(Backend& backend) : backend_(backend) {}
  void upload(std::span<const std::int32_t> order) {
    if (buffer_.bytes() != order.size_bytes()) buffer_ = order.empty() ? Buffer() : Buffer(backend_, order.size_bytes());
    if (!order.empty()) backend_.copy_in(buffer_.data(), order.data(), order.size_bytes());
  }
  ConstView view() const { return {buffer_.data(), DType::i32, buffer_.bytes() / sizeof(std::int32_t)}; }

 private:
  Backend& backend_;
  Buffer buffer_;
};

class ResidentFeed final : public RowFeed {
 public:
  ResidentFeed(Backend& backend, const Array& x, const RowLabels& labels)
      : x_(backend, x), y_(backend, labels.y), sample_weights_(backend, labels.sample_weights), order_(backend) {}
  void start(std::span<const std::int32_t> order, std::int64_t) override { order_.upload(order); }
  void feed(const StepPlan& step) override { bind(step, x_.view(), y_.view(), sample_weights_.view(), order_.view()); }
  bool whole_epoch() const override { return true; }

 private:
  DeviceRows x_, y_, sample_weights_;
  DeviceOrder order_;
};

/// A batch's rows where a plan reads them: on a CPU the ring's own slot, elsewhere a copy in a place that never moves.
class DeviceBatch {
 public:
  DeviceBatch(Backend& backend, std::size_t bytes) : backend_(backend) {
    if (backend.kind() != DeviceKind::cpu && bytes > 0) copy_ = Buffer(backend, bytes);
  }
  ConstView put(ConstView host) {
    if (copy_.data() == nullptr) return host;
    backend_.copy_in(copy_.data(), host.data, host.bytes());
    return {copy_.data(), host.dtype, host.count};
  }

 private:
  Backend& backend_;
  Buffer copy_;
};

class StreamedFeed final : public RowFeed {
 public:
  StreamedFeed(Backend& backend, const Dataset& data, const RowLabels& labels, std::int64_t batch_size)
      : rows_{.y = labels.y, .sample_weights = labels.sample_weights, .name = data.name, .streamed = data.streamed},
        batch_(batch_size),
        ring_(make_batch_source(rows_, {.batch_size = batch_size, .slots = streaming_ring().slots, .threads = streaming_ring().threads})),
        x_(backend, batch_bytes(rows_.sample_shape().elements(), rows_.x_dtype())),
        y_(backend, batch_bytes(rows_.y.row_elements(), rows_.y.dtype())),
        sample_weights_(backend, rows_.sample_weights.empty() ? 0 : batch_bytes(1, DType::f32)),
        places_(backend) {
    // The gather reads row order[samples done + i]: within a batch that lies alone, that is row i.
    std::vector<std::int32_t> places(static_cast<std::size_t>(rows_.size()));
    for (std::size_t i = 0; i < places.size(); ++i) places[i] = static_cast<std::int32_t>(i % static_cast<std::size_t>(batch_));
    places_.upload(places);
  }

  void start(std::span<const std::int32_t> order, std::int64_t done) override {
    order_.assign(order.begin(), order.end());
    if (order.empty()) {
      order_.resize(static_cast<std::size_t>(rows_.size()));
      std::iota(order_.begin(), order_.end(), 0);
    }
    next_ = static_cast<std::size_t>(std::clamp<std::int64_t>(done, 0, rows_.size()));
    ring_->start(std::span<const std::int32_t>(order_).subspan(next_));
  }
  void feed(const StepPlan& step) override {
    const auto batch = ring_->next();
    if (!batch) throw Error({.where = rows_.name, .what = "an epoch asked for more batches than it has"});
    bind(step, x_.put(batch->x), batch->y ? y_.put(batch->y) : ConstView{}, next_weights(static_cast<std::size_t>(batch->rows)),
         places_.view());
  }
  bool whole_epoch() const override { return false; }

 private:
  /// They are few bytes a row, and stay in memory.
  ConstView next_weights(std::size_t rows) {
    if (rows_.sample_weights.empty()) return {};
    const auto all = std::as_const(rows_.sample_weights).as<float>();
    batch_weights_.resize(rows);
    for (float& weight : batch_weights_) weight = all[static_cast<std::size_t>(order_[next_++])];
    return sample_weights_.put({batch_weights_.data(), DType::f32, rows});
  }
  std::size_t batch_bytes(std::int64_t elements, DType dtype) const { return static_cast<std::size_t>(batch_ * elements) * size_of(dtype); }
  Dataset rows_;
  std::int64_t batch_;
  std::unique_ptr<BatchSource> ring_;
  DeviceBatch x_, y_, sample_weights_;
  DeviceOrder places_;
  std::vector<std::int32_t> order_;  ///< of the epoch
  std::size_t next_ = 0;             ///< row in it
  std::vector<float> batch_weights_;
};

}  // namespace

StreamingRing streaming_ring() {
  const int threads = std::clamp(default_threads(), 2, 8);
  return {.slots = threads + 2, .threads = threads};
}

std::size_t feed_bytes(const Dataset& data, std::int64_t batch_size) {
  const auto rows = static_cast<std::size_t>(streaming_ring().slots * batch_size);
  const auto row_bytes = [&](std::int64_t elements, DType dtype) { return static_cast<std::size_t>(elements) * size_of(dtype); };
  if (!data.streamed) return data.x.bytes() + data.y.bytes() + data.sample_weights.bytes();
  return rows * (row_bytes(data.sample_shape().elements(), data.x_dtype()) + row_bytes(data.y.row_elements(), data.y.dtype())) +
         data.y.bytes() + data.sample_weights.bytes();
}

std::unique_ptr<RowFeed> make_row_feed(Backend& backend, const Dataset& data, const RowLabels& labels, std::int64_t batch_size) {
  if (data.streamed) return std::make_unique<StreamedFeed>(backend, data, labels, batch_size);
  return std::make_unique<ResidentFeed>(backend, data.x, labels);
}

std::unique_ptr<RowFeed> make_row_feed(Backend& backend, const Array& x) { return std::make_unique<ResidentFeed>(backend, x, RowLabels{}); }

}  // namespace lehr
