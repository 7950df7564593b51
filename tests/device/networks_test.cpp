// Whole networks on the CPU and on the backend `Cuda`: data, loss, backward, optimizer, evaluation and prediction.
#include <doctest/doctest.h>

#include "tests/device/networks.h"

namespace lehr::check {
TEST_CASE("networks: after one step the device's weights are the CPU's") { agree(training_cases(), 1, 1e-4, 2e-2); }
TEST_CASE("networks: after three steps, too") { agree(training_cases(), 3, 3e-4, 3e-2); }
TEST_SUITE("slow") {
  TEST_CASE("networks: after ten steps, too") { agree(training_cases(), 10, 1e-3, 5e-2); }
}

}  // namespace lehr::check
