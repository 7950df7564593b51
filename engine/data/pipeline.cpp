#include "engine/data/pipeline.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "kernels/error.h"

namespace lehr {

namespace {

/// A ring of slots. Batch b of an epoch belongs in slot b % slots. A reading thread takes the next batch number when that slot is free,
/// fills it without holding the lock, and marks it ready; the caller takes batches in order and frees the slot of the one before.
class Ring final : public BatchSource {
 public:
  Ring(const Dataset& data, const PipelineOptions& options)
      : data_(data),
        batch_size_(options.batch_size),
        row_bytes_(static_cast<std::size_t>(data.sample_shape().elements()) * size_of(data.x_dtype())) {
    const bool labelled = data.y.shape().rank() > 0;
    label_bytes_ = labelled ? static_cast<std::size_t>(data.y.row_elements()) * size_of(data.y.dtype()) : 0;
    slots_.resize(static_cast<std::size_t>(options.slots));
    for (Slot& slot : slots_) {
      slot.x.resize(static_cast<std::size_t>(batch_size_) * row_bytes_);
      slot.y.resize(static_cast<std::size_t>(batch_size_) * label_bytes_);
    }
    for (int i = 0; i < options.threads; ++i) threads_.emplace_back([this] { work(); });
  }
  ~Ring() override {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    slot_free_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  void start(std::span<const std::int32_t> order) override {
    for (const std::int32_t row : order)
      if (row < 0 || row >= data_.size())
        throw Error({.where = data_.name, .what = "the epoch's order names a row that is not there", .got = std::to_string(row)});
    {
      std::unique_lock lock(mutex_);
      // Threads that are filling a slot finish it first; with no batches left they take no more.
      batches_ = 0;
      slot_ready_.wait(lock, [&] { return filling_ == 0; });
      order_.assign(order.begin(), order.end());
      batches_ = (static_cast<std::int64_t>(order_.size()) + batch_size_ - 1) / batch_size_;
      taken_ = next_ = 0;
      holding_ = false;
      for (Slot& slot : slots_) {
        slot.state = State::free;
        slot.error = nullptr;
      }
    }
    slot_free_.notify_all();
  }

  std::optional<HostBatch> next() override {
    std::unique_lock lock(mutex_);
    if (holding_) {
      slot_of(next_ - 1).state = State::free;
      holding_ = false;
      slot_free_.notify_all();
    }
    if (next_ >= batches_) return std::nullopt;
    Slot& slot = slot_of(next_);
    slot_ready_.wait(lock, [&] { return slot.state == State::ready; });
    ++next_;
    holding_ = true;
    if (slot.error) {
      batches_ = 0;  // the epoch is over
      std::rethrow_exception(slot.error);
    }
    const auto rows = static_cast<std::size_t>(slot.rows);
    return HostBatch{
        .x = {slot.x.data(), data_.x_dtype(), rows * row_bytes_ / size_of(data_.x_dtype())},
        .y = label_bytes_ == 0 ? ConstView{} : ConstView{slot.y.data(), data_.y.dtype(), rows * label_bytes_ / size_of(data_.y.dtype())},
        .rows = slot.rows};
  }

 private:
  enum class State : std::uint8_t { free, filling, ready };
  struct Slot {
    std::vector<std::byte> x, y;
    std::int64_t rows = 0;
    State state = State::free;
    std::exception_ptr error;
  };

  Slot& slot_of(std::int64_t batch) { return slots_[static_cast<std::size_t>(batch) % slots_.size()]; }

  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      slot_free_.wait(lock, [&] { return closing_ || (taken_ < batches_ && slot_of(taken_).state == State::free); });
      if (closing_) return;
      const std::int64_t batch = taken_++;
      Slot& slot = slot_of(batch);
      slot.state = State::filling;
      ++filling_;
      lock.unlock();
      try {
        fill(slot, batch);
      } catch (...) {
        slot.error = std::current_exception();
      }
      lock.lock();
      slot.state = State::ready;
      --filling_;
      slot_ready_.notify_all();
    }
  }

  void fill(Slot& slot, std::int64_t batch) const {
    const auto begin = static_cast<std::size_t>(batch * batch_size_);
    const std::size_t end = std::min(order_.size(), begin + static_cast<std::size_t>(batch_size_));
    slot.rows = static_cast<std::int64_t>(end - begin);
    for (std::size_t i = begin; i < end; ++i) {
      const auto row = static_cast<std::size_t>(order_[i]);
      std::byte* to = slot.x.data() + (i - begin) * row_bytes_;
      if (data_.streamed)
        data_.streamed->read(static_cast<std::int64_t>(row), {to, row_bytes_});
      else
        std::memcpy(to, data_.x.data() + row * row_bytes_, row_bytes_);
      if (label_bytes_ > 0) std::memcpy(slot.y.data() + (i - begin) * label_bytes_, data_.y.data() + row * label_bytes_, label_bytes_);
    }
  }

  const Dataset& data_;
  const std::int64_t batch_size_;
  const std::size_t row_bytes_;
  std::size_t label_bytes_ = 0;
  std::vector<Slot> slots_;
  std::vector<std::int32_t> order_;  ///< written only while no thread fills a slot
  std::int64_t batches_ = 0, taken_ = 0, next_ = 0, filling_ = 0;
  bool holding_ = false, closing_ = false;
  std::mutex mutex_;
  std::condition_variable slot_free_, slot_ready_;
  std::vector<std::thread> threads_;
};

}  // namespace

std::unique_ptr<BatchSource> make_batch_source(const Dataset& data, const PipelineOptions& options) {
  if (options.batch_size < 1 || options.slots < 1 || options.threads < 1)
    throw Error({.category = Category::usage, .where = "pipeline", .what = "batch size, slots and threads must be at least 1"});
  return std::make_unique<Ring>(data, options);
}

}  // namespace lehr
