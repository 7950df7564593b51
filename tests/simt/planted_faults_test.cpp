// The executor proves itself: faults that were put into kernels on purpose are found, and the same kernels without them pass.
#include <doctest/doctest.h>

#include <string>

#include "kernels/problems/guarded.h"
#include "kernels/simt/stream.h"
#include "tests/simt/planted_faults.h"

namespace lehr {
namespace {

using planted::Plant;

constexpr std::size_t count = 1000;

/// What the executor says, or "" where it finds nothing.
std::string found(Plant plant, std::uint64_t seed) {
  Cuda cuda;
  simt::shuffle_by(cuda, seed);
  // Buffers of exactly this size: guard bytes would take what lands beyond.
  const Buffer x(cuda, count * sizeof(float)), y(cuda, count * sizeof(float));
  const std::vector<float> ones(count, 1);
  cuda.copy_in(x.data(), ones.data(), x.bytes());
  try {
    planted::run(plant, {x.data(), DType::f32, count}, {y.data(), DType::f32, count}, cuda.stream());
  } catch (const simt::Fault& fault) {
    return fault.what();
  }
  std::vector<float> doubled(count);
  cuda.copy_out(doubled.data(), y.data(), y.bytes());
  CHECK(doubled == std::vector<float>(count, 2));
  return "";
}

void caught(Plant plant, const std::string& words) {
  for (const std::uint64_t seed : {1, 2, 3, 4, 5}) {
    const std::string text = found(plant, seed);
    INFO("seed " << seed << ": " << text);
    CHECK(text.find(words) != std::string::npos);
    CHECK(text.find("planted_faults.cu:") != std::string::npos);
  }
}

}  // namespace

TEST_CASE("executor: kernels without a fault pass in any order") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) CHECK(found(Plant::none, seed) == "");
}
TEST_CASE("executor: a write beyond a buffer") { caught(Plant::write_beyond_buffer, "writes 4 bytes outside of every buffer"); }
TEST_CASE("executor: a read beyond or before a buffer") {
  caught(Plant::read_beyond_buffer, "reads 4 bytes outside of every buffer");
  caught(Plant::read_before_buffer, "reads 4 bytes outside of every buffer");
}
TEST_CASE("executor: a read beyond a shared array") { caught(Plant::beyond_shared, "outside of every shared array"); }
TEST_CASE("executor: a pointer to host memory") { caught(Plant::host_memory, "host memory"); }
TEST_CASE("executor: a missing barrier") { caught(Plant::missing_barrier, "race on shared memory"); }
TEST_CASE("executor: two threads that write one place of shared memory") { caught(Plant::shared_race, "race on shared memory"); }
TEST_CASE("executor: two blocks that write one place") { caught(Plant::race_of_blocks, "race on device memory"); }
TEST_CASE("executor: threads at different barriers") { caught(Plant::divergent_barrier, "divergent barrier"); }
TEST_CASE("executor: a barrier after threads have returned") {
  for (const std::uint64_t seed : {1, 2, 3}) CHECK(found(Plant::barrier_after_return, seed).find("have returned") != std::string::npos);
}
TEST_CASE("executor: a shuffle with lanes that are not there") { caught(Plant::inactive_lane, "lacks lanes aaaaaaaa"); }
TEST_CASE("executor: a shuffle from a lane outside the mask") { caught(Plant::lane_outside_mask, "which does not take part"); }
TEST_CASE("executor: it can be used again after a fault") {
  CHECK(found(Plant::shared_race, 1) != "");
  CHECK(found(Plant::none, 1) == "");
}

}  // namespace lehr
