// Memory while training: flat from step to step.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "tests/check/small_training.h"

using namespace lehr;

namespace {

/// Pages that the process holds in memory, without allocating: /proc/self/statm's second number.
long resident_pages() {
  char text[128] = {};
  const int fd = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  REQUIRE(fd >= 0);
  REQUIRE(::read(fd, text, sizeof text - 1) > 0);
  ::close(fd);
  return std::atol(std::strchr(text, ' '));
}

}  // namespace

// 40 steps an epoch: what an epoch leaves (a row of history) is within the limit, 64 bytes a step are not. Sanitizers keep freed memory.
TEST_CASE("resident memory is flat over 1,000 training steps") {
  const Dataset data = check::small_dataset(40 * 8), validation = check::small_dataset(20);
  Model model = check::small_model(Adam{}, Precision::float32, std::make_shared<Cpu>(1));
  long steps = 0, begin = 0, end = 0;
  const auto watch = [&] {
    ++steps;
    if (steps == 200) begin = resident_pages();
    if (steps == 1200) end = resident_pages();
    return false;
  };
  model.fit(data, {.epochs = 32, .batch_size = 8, .validation_data = &validation, .interrupted = watch});
  REQUIRE(steps > 1200);
  MESSAGE("resident pages after 200 steps " << begin << ", after 1,200 " << end);
#ifndef LEHR_SANITIZED
  CHECK(end - begin <= 16);
#endif
}
