// What lies around an operand is nobody's: one element beyond it, be it read only, ends the launch on the executor and the program on a CPU that
// AddressSanitizer watches. The same within the arena of a plan, where other values lie beside it.
#include <doctest/doctest.h>

#include <string>

#include "engine/planner.h"
#include "kernels/cpu.h"
#include "kernels/problems/guarded.h"
#include "kernels/simt/stream.h"
#include "tests/check/child.h"
#include "tests/simt/planted.h"

namespace lehr::check {
namespace {

using planted::Reach;

template <class Work>
std::string fault_of(const Work& work) {
  try {
    work();
  } catch (const simt::Fault& fault) {
    return fault.what();
  }
  return "";
}

/// A plan of three values side by side, "x", "y" and "beside", and the planted kernel from x to y. Where steps are recorded, the first one, which is
/// plain, has no fault.
struct Planted {
  Cuda cuda;
  State state{cuda, {}, false};
  Value x, beside, y;
  std::unique_ptr<Plan> plan;
  int calls = 0;

  /// `undeclared`: the kernel reads "beside", which lives and which its operation does not name.
  Planted(std::int64_t count, Reach plant, bool record, bool undeclared = false) {
    Planner p(state, {.mode = PlanMode::predict, .record = record});
    x = p.tensor("x", count, DType::f32);
    y = p.tensor("y", count, DType::f32);
    beside = p.tensor("beside", count, DType::f32);
    p.add({.name = "zero", .writes = {x, beside}, .run = [this](const Binding& v, View, Stream&) {
             cuda.zero(v[x].data, v[x].bytes());
             cuda.zero(v[beside].data, v[beside].bytes());
           }});
    p.add({.name = "planted", .reads = {x}, .writes = {y}, .run = [this, plant, record, undeclared](const Binding& v, View, Stream& s) {
             planted::run(record && calls++ == 0 ? Reach::none : plant, v[undeclared ? beside : x], v[y], s);
           }});
    p.keep(y);
    p.keep(beside);
    plan = p.finish();
  }
};

}  // namespace

TEST_CASE("off limits: a kernel that leaves an operand by one element, reading or writing, also where the size is odd") {
  for (const std::size_t count : {63, 64, 1000}) {
    Cuda cuda;
    const auto run = [&](Reach plant) {
      const Guarded x(cuda, DType::f32, count), y(cuda, DType::f32, count);
      return fault_of([&] { planted::run(plant, x, y, cuda.stream()); });
    };
    CHECK(run(Reach::none) == "");
    for (const Reach plant : {Reach::read_beyond_buffer, Reach::read_before_buffer})
      CHECK(run(plant).find("reads 4 bytes outside of every buffer") != std::string::npos);
    for (const Reach plant : {Reach::write_beyond_buffer, Reach::write_before_buffer})
      CHECK(run(plant).find("writes 4 bytes outside of every buffer") != std::string::npos);
  }
}

TEST_CASE("off limits: the CPU's kernels, too, to the byte") {
  Cpu cpu(1);
  for (const DType dtype : {DType::u8, DType::bf16, DType::f32}) {
    Guarded memory(cpu, dtype, 5);
    memory.clear();
    CHECK(memory.guards_intact());
    auto* bytes = static_cast<volatile unsigned char*>(memory.view().data);
    const std::size_t end = memory.view().bytes();
    CHECK(in_a_child([&] { bytes[end - 1] = bytes[0]; }).survived);
    for (const std::ptrdiff_t there : {std::ptrdiff_t{-1}, static_cast<std::ptrdiff_t>(end)}) {
      CAPTURE(there);
      const Ending read = in_a_child([&] { bytes[0] = bytes[there]; }), write = in_a_child([&] { bytes[there] = 1; });
      CHECK(!read.survived);
      CHECK(read.words.find("use-after-poison") != std::string::npos);
      CHECK(!write.survived);
    }
  }
}

TEST_CASE("off limits: in a plan's arena, whoever leaves an operand, into padding or into a value that lives beside it") {
  for (const std::int64_t count : {10, 64, 1000})  // 64 are 256 bytes: without a gap y would begin where x ends
    for (const bool record : {false, true}) {
      CAPTURE(count);
      CAPTURE(record);
      CHECK(fault_of([&] { Planted(count, Reach::none, record).plan->run(3); }) == "");
      for (const Reach plant :
           {Reach::read_beyond_buffer, Reach::read_before_buffer, Reach::write_beyond_buffer, Reach::write_before_buffer})
        CHECK(fault_of([&] { Planted(count, plant, record).plan->run(2); }).find("outside of every buffer") != std::string::npos);
    }
}

TEST_CASE("off limits: in a plan's arena, a value that an operation reads and does not name") {
  CHECK(fault_of([&] { Planted(64, Reach::none, false, true).plan->run(); }).find("reads 4 bytes outside of every buffer") !=
        std::string::npos);
}

TEST_CASE("off limits: a replay has no more nodes for it, and between steps only outputs are open") {
  Planted p(64, Reach::none, true);
  p.plan->run(2);
  REQUIRE(p.plan->recording() != nullptr);
  CHECK(p.plan->recording()->nodes() == 2 + 3);
  std::vector<float> host(64);
  p.cuda.copy_out(host.data(), p.plan->view(p.y).data, 256);
  CHECK_THROWS_AS(p.cuda.copy_out(host.data(), p.plan->view(p.x).data, 256), simt::Fault);
}

}  // namespace lehr::check
