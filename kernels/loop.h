// loop.h: several turns of recorded work that are one launch.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "kernels/backend.h"

namespace lehr {

/// Records `work` so that one launch does it `times` times, one or more. Where the device can loop (kernels/cuda/loop.h), the recording holds the work
/// once; else `times` times. Empty on a device that does not record. `work` is called once or more: what it reads of the host's memory, each turn finds.
std::unique_ptr<Recording> record_times(Backend& backend, const std::function<void()>& work, std::int64_t times);

/// Turn after turn in the recording, on any device that records.
std::unique_ptr<Recording> record_unrolled(Backend& backend, const std::function<void()>& work, std::int64_t times);

}  // namespace lehr
