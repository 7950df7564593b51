// The executor proves itself: faults that were put into kernels on purpose are found, and the same kernels without them pass.
#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "kernels/problems/check.h"
#include "kernels/simt/stream.h"
#include "tests/check/child.h"
#include "tests/simt/planted.h"

namespace lehr {
namespace {

using planted::Meeting;
using planted::Race;
using planted::Reach;
using planted::Slip;
using planted::TooLarge;
using planted::Wrong;

constexpr std::size_t count = 1000;

/// y of a run in this order; throws simt::Fault.
template <class Plant>
std::vector<float> result(Plant plant, std::uint64_t seed) {
  Cuda cuda;
  simt::shuffle_by(cuda, seed);
  // Buffers of exactly this size, apart by the executor's own gaps.
  const Buffer x(cuda, count * sizeof(float)), y(cuda, count * sizeof(float));
  const std::vector<float> ones(count, 1);
  cuda.copy_in(x.data(), ones.data(), x.bytes());
  planted::run(plant, {x.data(), DType::f32, count}, {y.data(), DType::f32, count}, cuda.stream());
  std::vector<float> out(count);
  cuda.copy_out(out.data(), y.data(), y.bytes());
  return out;
}

/// What the executor says, or "" where it finds nothing.
template <class Plant>
std::string found(Plant plant, std::uint64_t seed) {
  try {
    const std::vector<float> doubled = result(plant, seed);  // CHECK would catch what it throws
    CHECK(doubled == std::vector<float>(count, 2));
  } catch (const simt::Fault& fault) {
    return fault.what();
  }
  return "";
}

template <class Plant>
void passes_without() {
  for (std::uint64_t seed = 0; seed < 20; ++seed) CHECK(found(Plant::none, seed) == "");
}

template <class Plant>
void caught(Plant plant, const std::string& words) {
  for (const std::uint64_t seed : {1, 2, 3, 4, 5}) {
    const std::string text = found(plant, seed);
    INFO("seed " << seed << ": " << text);
    CHECK(text.find(words) != std::string::npos);
    CHECK(text.find("kernel launched at planted_") != std::string::npos);
  }
}

/// The program ends, and says this.
void ends(Slip plant, const std::string& words) {
  const check::Ending ending = check::in_a_child([&] { result(plant, 1); });
  INFO(ending.words);
  CHECK(!ending.survived);
  CHECK(ending.words.find(words) != std::string::npos);
}

/// What checks of every family would say of a kernel that is wrong on purpose.
template <Wrong plant>
std::string finding() {
  const check::Family family{.name = "planted", .keys = "count", .make = [](const Problem& p, Backend& backend) {
                               check::Case on(backend);
                               auto &x = on.input(DType::f32, p.number("count", 1)), &y = on.memory(DType::f32, p.number("count", 1));
                               on.add({.name = "double",
                                       .run = [&x, &y, &stream = on.stream()] { planted::run(plant, x, y, stream); },
                                       .results = {{"y", &y, [&x] {
                                                      auto twice = x.values();
                                                      for (double& v : twice) v *= 2;
                                                      return check::exactly(std::move(twice));
                                                    }}}});
                               return on;
                             }};
  Cuda cuda;
  const auto findings = check::check_problem(family, Problem("count=1000"), cuda);
  REQUIRE(findings.size() == 1);
  return findings[0].holds() ? "" : findings[0].text();
}

}  // namespace

TEST_CASE("executor: kernels without a fault pass in any order") {
  passes_without<Reach>();
  passes_without<Race>();
  passes_without<Meeting>();
  passes_without<Slip>();
  passes_without<Wrong>();
  passes_without<TooLarge>();
}
TEST_CASE("executor: a write beyond or before a buffer") {
  caught(Reach::write_beyond_buffer, "writes 4 bytes outside of every buffer");
  caught(Reach::write_before_buffer, "writes 4 bytes outside of every buffer");
}
TEST_CASE("executor: a read beyond or before a buffer") {
  caught(Reach::read_beyond_buffer, "reads 4 bytes outside of every buffer");
  caught(Reach::read_before_buffer, "reads 4 bytes outside of every buffer");
}
TEST_CASE("executor: an access beyond a shared array") {
  caught(Reach::read_beyond_shared, "reads 4 bytes outside of every shared array");
  caught(Reach::write_beyond_shared, "writes 4 bytes outside of every shared array");
}
TEST_CASE("executor: a pointer to host memory, or to another thread's local") {
  caught(Reach::read_of_host, "reads 4 bytes of host memory");
  caught(Reach::write_to_host, "writes 4 bytes of host memory");
  caught(Reach::other_threads_local, "reads 4 bytes of host memory");
}
TEST_CASE("executor: a trap") { caught(Reach::trap, "__trap"); }
TEST_CASE("executor: a missing barrier") { caught(Race::missing_barrier, "race on shared memory"); }
TEST_CASE("executor: a missing __syncwarp") { caught(Race::missing_syncwarp, "race on shared memory"); }
TEST_CASE("executor: two threads that write one place") {
  caught(Race::two_writes_to_shared, "race on shared memory: writes 4 bytes");
  caught(Race::two_writes_of_a_block, "race on device memory: writes 4 bytes");
  caught(Race::two_writes_of_blocks, "race on device memory: writes 4 bytes");
}
TEST_CASE("executor: one thread reads what another writes") {
  caught(Race::read_and_write_of_a_warp, "race on device memory");
  caught(Race::read_and_write_of_blocks, "race on device memory");
}
TEST_CASE("executor: an atomic and a plain access") { caught(Race::atomic_and_plain, "race on device memory"); }
TEST_CASE("executor: threads at different barriers") { caught(Meeting::divergent_barrier, "divergent barrier"); }
TEST_CASE("executor: a barrier after threads have returned") { caught(Meeting::barrier_after_return, "have returned"); }
TEST_CASE("executor: some lanes wait for their warp, all others for the block") {
  caught(Meeting::barrier_and_syncwarp, "48 of 64 threads are at __syncthreads");
  caught(Meeting::barrier_and_syncwarp, "warp 1 is at __syncwarp");
}
TEST_CASE("executor: a shuffle or vote with lanes that are not there") {
  caught(Meeting::shuffle_without_lanes, "lacks lanes aaaaaaaa");
  caught(Meeting::vote_without_lanes, "is at a vote");
  caught(Meeting::vote_without_lanes, "lacks lanes aaaaaaaa");
}
TEST_CASE("executor: a shuffle from a lane outside the mask") { caught(Meeting::lane_outside_mask, "which does not take part"); }
TEST_CASE("executor: a lane that its own mask does not name") {
  caught(Meeting::lane_not_in_its_own_mask, "by a lane that its mask does not name");
}
TEST_CASE("executor: lanes that meet for different things, or with different masks") {
  caught(Meeting::shuffle_and_vote, "with another mask or purpose");
  caught(Meeting::two_masks, "with another mask or purpose");
}
TEST_CASE("executor: packs at places that are no multiple of their size") {
  ends(Slip::misaligned_read, "misaligned address");
  ends(Slip::misaligned_write, "misaligned address");
}
TEST_CASE("executor: arithmetic without a meaning") {
  ends(Slip::overflow, "signed integer overflow");
  ends(Slip::shift, "shift exponent 32 is too large");
  ends(Slip::beyond_local_array, "out of bounds for type 'float [2]'");
}
TEST_CASE("executor: host code of a .cu file at the device's memory") {
  ends(Slip::read_by_host, "host code of a .cu file reads 4 bytes");
  ends(Slip::write_by_host, "host code of a .cu file writes 4 bytes");
}
TEST_CASE("executor: launches that no GPU would begin") {
  caught(TooLarge::threads, "1024 at most");
  caught(TooLarge::threads_in_z, "(1,1,65) threads in a block");
  caught(TooLarge::blocks_in_y, "(1,65536,1) blocks in a grid");
  caught(TooLarge::dynamic_shared, "too much dynamic shared memory");
  caught(TooLarge::shared, "more than 227 KiB of shared memory");
}
TEST_CASE("executor: memory that was never written is NaN") {
  for (const std::uint64_t seed : {1, 2, 3}) {
    CHECK(std::isnan(result(Wrong::element_not_written, seed)[5]));
    for (const std::size_t i : {5, 64 + 5}) CHECK(std::isnan(result(Wrong::shared_not_written, seed)[i]));
  }
}
TEST_CASE("executor: the checks of every family find results that were not written, and those that depend on the order") {
  CHECK(finding<Wrong::none>() == "");
  CHECK(finding<Wrong::element_not_written>().find("inf % of the tolerance (element 5 is") != std::string::npos);
  CHECK(finding<Wrong::shared_not_written>().find("inf % of the tolerance (element 5 is") != std::string::npos);
  CHECK(finding<Wrong::order_of_blocks>().find("other bits when run again") != std::string::npos);
  CHECK(finding<Wrong::order_of_threads>().find("other bits when run again") != std::string::npos);
}
TEST_CASE("executor: it can be used again after a fault") {
  CHECK(found(Race::two_writes_to_shared, 1) != "");
  CHECK(found(Race::none, 1) == "");
  CHECK(found(Meeting::barrier_and_syncwarp, 1) != "");
  CHECK(found(Meeting::none, 1) == "");
}

}  // namespace lehr
