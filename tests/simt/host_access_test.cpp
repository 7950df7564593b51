// Host code that touches the device's memory ends the program, as it would fault or read nonsense with a GPU.
#include <doctest/doctest.h>

#include <vector>

#include "kernels/cuda.h"
#include "kernels/simt/executor.h"
#include "kernels/simt/shadow.h"
#include "tests/check/child.h"

namespace lehr {
namespace {

template <class Work>
bool survives(const Work& work) {
  return check::in_a_child(work).survived;
}

}  // namespace

TEST_CASE("executor: host code that reads or writes the device's memory ends the program; copies may") {
  Cuda cuda;
  const Buffer buffer(cuda, 64);
  volatile float* there = static_cast<float*>(buffer.data());
  std::vector<float> host(16, 1);
  CHECK(survives([&] { host[3] = 2; }));
  CHECK(survives([&] { cuda.copy_in(buffer.data(), host.data(), 64); }));
  CHECK(!survives([&] { host[0] = there[3]; }));
  CHECK(!survives([&] { there[3] = 1; }));
  // Also after a copy, and through a library's copy.
  cuda.copy_in(buffer.data(), host.data(), 64);
  cuda.copy_out(host.data(), buffer.data(), 20);
  CHECK(simt::poisoned_for_host(buffer.data(), 1));
  CHECK(!survives([&] { host[0] = there[4]; }));
  CHECK(!survives(
      [&] { std::vector<float> copied(static_cast<const float*>(buffer.data()), static_cast<const float*>(buffer.data()) + 16); }));
}

TEST_CASE("executor: a copy that leaves a buffer is refused") {
  Cuda cuda;
  const Buffer buffer(cuda, 64);
  std::vector<char> host(128);
  CHECK_THROWS_AS(cuda.copy_in(buffer.data(), host.data(), 65), simt::Fault);
  CHECK_THROWS_AS(cuda.copy_out(host.data(), buffer.data(), 128), simt::Fault);
  CHECK_THROWS_AS(cuda.copy_in(host.data(), host.data(), 1), simt::Fault);
  CHECK_THROWS_AS(cuda.zero(host.data(), 8), simt::Fault);
}

}  // namespace lehr
