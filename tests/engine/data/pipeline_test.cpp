// The streaming ring: every row once in the order asked for, errors at their batch, and an end that waits for nobody.
#include "engine/data/pipeline.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <memory>
#include <numeric>
#include <thread>

#include "engine/data/split.h"
#include "kernels/error.h"

using namespace lehr;

namespace {

/// Row i is four bytes of i; reading some rows fails, and reading takes as long as asked.
class NumberedRows final : public RowSource {
 public:
  NumberedRows(std::int64_t rows, std::int64_t bad = -1, int wait_us = 0) : rows_(rows), bad_(bad), wait_us_(wait_us) {}
  std::int64_t rows() const override { return rows_; }
  Shape sample_shape() const override { return {4}; }
  DType dtype() const override { return DType::u8; }
  void read(std::int64_t row, std::span<std::byte> out) const override {
    ++reads;
    if (wait_us_ > 0) std::this_thread::sleep_for(std::chrono::microseconds(wait_us_ * (row % 3)));
    if (row == bad_) throw Error({.category = Category::data, .where = describe(row), .what = "cannot be decoded"});
    std::memset(out.data(), static_cast<int>(row), out.size());
  }
  std::string describe(std::int64_t row) const override { return "image_" + std::to_string(row) + ".jpg"; }
  mutable std::atomic<int> reads{0};

 private:
  std::int64_t rows_, bad_;
  int wait_us_;
};

Dataset streamed(const std::shared_ptr<NumberedRows>& rows) {
  Dataset data{.y = Array({rows->rows()}, DType::i32), .streamed = rows};
  for (std::size_t i = 0; i < data.y.count(); ++i) data.y.as<std::int32_t>()[i] = static_cast<std::int32_t>(i) * 2;
  return data;
}

std::vector<std::int32_t> shuffled(std::int64_t n, std::uint64_t epoch) {
  const auto order = permutation(n, 3, 4, epoch);
  return {order.begin(), order.end()};
}

std::vector<std::int32_t> rows_of(const HostBatch& batch) {
  std::vector<std::int32_t> out;
  for (std::int64_t i = 0; i < batch.rows; ++i) {
    const auto row = static_cast<std::int32_t>(batch.x.as<std::uint8_t>()[i * 4 + 3]);
    CHECK(batch.y.as<std::int32_t>()[i] == row * 2);
    out.push_back(row);
  }
  return out;
}

}  // namespace

TEST_CASE("pipeline: every row once, in the epoch's order, whatever the threads and slots") {
  const auto rows = std::make_shared<NumberedRows>(50, -1, 30);
  const Dataset data = streamed(rows);
  for (const int threads : {1, 3})
    for (const int slots : {1, 2, 5}) {
      const auto source = make_batch_source(data, {.batch_size = 8, .slots = slots, .threads = threads});
      CHECK_FALSE(source->next());
      for (std::uint64_t epoch = 0; epoch < 3; ++epoch) {
        const auto order = shuffled(50, epoch);
        source->start(order);
        std::vector<std::int32_t> seen;
        while (const auto batch = source->next()) {
          CHECK(batch->rows == (seen.size() < 48 ? 8 : 2));
          CHECK(batch->x.count == static_cast<std::size_t>(batch->rows * 4));
          for (const std::int32_t row : rows_of(*batch)) seen.push_back(row);
        }
        CHECK(seen == order);
        CHECK_FALSE(source->next());
      }
    }
}

TEST_CASE("pipeline: data in memory goes the same way, and labels may be absent") {
  Dataset data{.x = Array({5, 4}, DType::u8)};
  for (std::size_t i = 0; i < 20; ++i) data.x.as<std::uint8_t>()[i] = static_cast<std::uint8_t>(i / 4);
  const auto source = make_batch_source(data, {.batch_size = 5});
  source->start(std::vector<std::int32_t>{4, 0, 3, 1, 2});
  const auto batch = source->next();
  REQUIRE(batch);
  CHECK_FALSE(batch->y);
  CHECK(batch->x.as<std::uint8_t>()[0] == 4);
}

TEST_CASE("pipeline: it reads ahead, but never further than its slots") {
  const auto rows = std::make_shared<NumberedRows>(200);
  const Dataset data = streamed(rows);
  const auto source = make_batch_source(data, {.batch_size = 10, .slots = 3, .threads = 2});
  source->start(shuffled(200, 0));
  for (int wait = 0; wait < 200 && rows->reads < 30; ++wait) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK(rows->reads == 30);
}

TEST_CASE("pipeline: an error surfaces at its batch, and the next epoch begins anew") {
  const auto rows = std::make_shared<NumberedRows>(40, 25);
  const Dataset data = streamed(rows);
  const auto source = make_batch_source(data, {.batch_size = 10, .slots = 4, .threads = 2});
  std::vector<std::int32_t> order(40);
  std::iota(order.begin(), order.end(), 0);
  source->start(order);
  CHECK(source->next());
  CHECK(source->next());
  CHECK_THROWS_WITH(source->next(), doctest::Contains("image_25.jpg: cannot be decoded"));
  CHECK_FALSE(source->next());
  source->start(std::span(order).first(20));
  CHECK(source->next());
  CHECK(source->next());
  CHECK_FALSE(source->next());
}

TEST_CASE("pipeline: an epoch may be left and the source dropped at any time") {
  const auto rows = std::make_shared<NumberedRows>(100, -1, 50);
  const Dataset data = streamed(rows);
  for (int taken = 0; taken < 6; ++taken) {
    const auto source = make_batch_source(data, {.batch_size = 4, .slots = 3, .threads = 3});
    for (std::uint64_t epoch = 0; epoch < 4; ++epoch) {
      const auto order = shuffled(100, epoch);
      source->start(order);
      for (int i = 0; i < taken; ++i) {
        const auto batch = source->next();
        REQUIRE(batch);
        CHECK(rows_of(*batch) == std::vector<std::int32_t>(order.begin() + i * 4, order.begin() + i * 4 + 4));
      }
    }
  }
}

TEST_CASE("pipeline: impossible settings") {
  const Dataset data = streamed(std::make_shared<NumberedRows>(4));
  CHECK_THROWS_AS(make_batch_source(data, {.batch_size = 0}), Error);
  CHECK_THROWS_AS(make_batch_source(data)->start(std::vector<std::int32_t>{4}), Error);
}
