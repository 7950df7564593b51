// The backend `Cuda`: recorded work, counters, memory, and bits that the contract promises to be the CPU's.
#include <doctest/doctest.h>

#include "kernels/cpu.h"
#include "kernels/cuda/loop.h"
#include "kernels/dropout.h"
#include "kernels/elementwise.h"
#include "kernels/error.h"
#include "kernels/fill.h"
#include "kernels/loop.h"
#include "kernels/make.h"
#include "kernels/optimizer_step.h"
#include "kernels/problems/guarded.h"
#include "tests/device/device.h"

namespace lehr {
namespace {

std::vector<unsigned char> bytes_of(const FillSpec& spec, Backend& backend) {
  const check::Guarded y(backend, DType::f32, static_cast<std::size_t>(spec.count));
  make(spec, backend)->run(y.view(), backend.stream());
  return y.bytes();
}

}  // namespace

TEST_CASE("backend: random numbers have the CPU's bits") {
  Cpu cpu(2);
  const auto on = check::device();
  Cuda& cuda = *on;
  for (const Distribution kind : {Distribution::constant, Distribution::uniform, Distribution::normal, Distribution::truncated_normal}) {
    const FillSpec spec{.count = 5003, .distribution = kind, .a = 0.5, .b = 0.25, .key = {.seed = 99, .stream = 4}};
    CHECK(bytes_of(spec, cpu) == bytes_of(spec, cuda));
  }
}

TEST_CASE("backend: a recorded step does nothing until it is launched, and then what plain launches do, by the counters it finds") {
  const auto on = check::device();
  Cuda& cuda = *on;
  constexpr std::int64_t count = 1000;
  const auto mask = make(DropoutSpec{.count = count, .rate = 0.5F, .key = {.seed = 3, .stream = 1}}, cuda);
  const auto advance = make(AdvanceSpec{.batch = 8}, cuda);
  check::Guarded x(cuda, DType::f32, count), y(cuda, DType::f32, count);
  x.randomize(1, -1, 1);
  const Buffer memory(cuda, sizeof(StepCounters));
  auto* counters = static_cast<StepCounters*>(memory.data());
  const auto step = [&] {
    mask->run(x.view(), counters, y.view(), cuda.stream());
    advance->run(counters, cuda.stream());
  };
  const StepCounters start;
  std::vector<std::vector<unsigned char>> plain, replayed;
  cuda.copy_in(counters, &start, sizeof start);
  for (int i = 0; i < 3; ++i) {
    step();
    plain.push_back(y.bytes());
  }
  CHECK(plain[0] != plain[1]);

  cuda.copy_in(counters, &start, sizeof start);
  y.clear();
  const auto untouched = y.bytes();
  const auto recording = cuda.record(step);
  REQUIRE(recording);
  CHECK(recording->nodes() == 2);
  CHECK(y.bytes() == untouched);
  const CudaCounters before = cuda.counters();
  for (int i = 0; i < 3; ++i) recording->launch(cuda.stream());
  CHECK(cuda.counters().graph_launches - before.graph_launches == 3);
  CHECK(cuda.counters().launches == before.launches);
  CHECK(cuda.counters().allocations == before.allocations);
  CHECK(cuda.counters().host_copies == before.host_copies);

  cuda.copy_in(counters, &start, sizeof start);
  for (int i = 0; i < 3; ++i) {
    recording->launch(cuda.stream());
    replayed.push_back(y.bytes());
  }
  CHECK(replayed == plain);
}

TEST_CASE("backend: several turns are one launch, which holds the work once where the device can loop, and counts anew in each launch") {
  const auto on = check::device();
  Cuda& cuda = *on;
  constexpr std::int64_t count = 1000;
  // sum = sum + one: how often it ran.
  const auto op = make(AddSpec{.count = count, .dtype = DType::f32}, cuda);
  check::Guarded sum(cuda, DType::f32, count), one(cuda, DType::f32, count);
  one.assign(std::vector<double>(count, 1));
  const auto work = [&] { op->run(std::vector<ConstView>{sum, one}, sum, cuda.stream()); };
  sum.assign(std::vector<double>(count, 0));
  work();
  const std::int64_t nodes = cuda.record(work)->nodes();
  for (const std::int64_t times : {1, 2, 5}) {
    CAPTURE(times);
    for (const bool unrolled : {false, true}) {
      const auto recording = unrolled ? record_unrolled(cuda, work, times) : record_times(cuda, work, times);
      REQUIRE(recording);
      const bool loops = !unrolled && times > 1 && can_loop(cuda.device());
      CHECK(recording->nodes() == (loops ? nodes + 2 : nodes * times));  // the loop's own node and the kernel that counts
      sum.assign(std::vector<double>(count, 0));
      const CudaCounters before = cuda.counters();
      for (int launches = 1; launches <= 3; ++launches) {
        recording->launch(cuda.stream());
        cuda.stream().synchronize();
      }
      CHECK(cuda.counters().graph_launches - before.graph_launches == 3);
      CHECK(cuda.counters().launches == before.launches);
      CHECK(cuda.counters().allocations == before.allocations);
      CHECK(cuda.counters().host_copies == before.host_copies);
      CHECK(sum.values() == std::vector<double>(count, 3.0 * static_cast<double>(times)));
    }
  }
  Cpu cpu(1);
  CHECK(record_times(cpu, [] {}, 3) == nullptr);
}

TEST_CASE("backend: a loop in a graph takes a driver and a runtime that know one") {
  const auto with = [](int driver, int runtime) { return can_loop(CudaDevice{.driver_version = driver, .runtime_version = runtime}); };
  CHECK(with(12040, 12040));
  CHECK(with(13000, 12080));
  CHECK_FALSE(with(12030, 13000));
  CHECK_FALSE(with(13000, 12030));
  CHECK_FALSE(with(0, 13000));
}

TEST_CASE("backend: what a loop cannot hold is refused while it is recorded, and the stream is usable after") {
  const auto on = check::device();
  Cuda& cuda = *on;
  check::Guarded y(cuda, DType::f32, 4);
  const std::vector<float> host(4, 1);
  CHECK_THROWS_AS(record_times(cuda, [&] { cuda.copy_in(y.view().data, host.data(), 16); }, 3), Error);
  cuda.copy_in(y.view().data, host.data(), 16);
  CHECK(y.values() == std::vector<double>(4, 1));
}

TEST_CASE("backend: what a graph cannot hold is refused while it is recorded, and the stream is usable after") {
  const auto on = check::device();
  Cuda& cuda = *on;
  const Buffer memory(cuda, 64);
  int host = 0;
  CHECK_THROWS_AS(cuda.record([&] { cuda.copy_out(&host, memory.data(), sizeof host); }), Error);
  CHECK_THROWS_AS(cuda.record([&] { cuda.copy_in(memory.data(), &host, sizeof host); }), Error);
  CHECK_THROWS_AS(cuda.record([&] { const Buffer more(cuda, 64); }), Error);
  CHECK_THROWS_AS(cuda.record([&] { cuda.stream().synchronize(); }), Error);
  cuda.copy_in(memory.data(), &host, sizeof host);
  cuda.stream().synchronize();
}

TEST_CASE("backend: memory that is not there is an error of the device, and what was held stays") {
  const auto on = check::device();
  Cuda& cuda = *on;
  const Buffer kept(cuda, 1024);
  try {
    const Buffer vast(cuda, std::size_t{1} << 40U);
    FAIL("allocated more than there is");
  } catch (const Error& error) {
    CHECK(error.info().category == Category::device);
    CHECK(std::string(error.what()).find("out of memory") != std::string::npos);
  }
  cuda.zero(kept.data(), kept.bytes());
}

TEST_CASE("backend: a device that is not there is named, with those that are") {
  try {
    const Cuda other(77);
    FAIL("there is no such device");
  } catch (const Error& error) {
    CHECK(error.info().category == Category::device);
    CHECK(error.info().where == "--device cuda:77");
    CHECK(error.info().expected.starts_with("cuda:0"));
  }
}

}  // namespace lehr
