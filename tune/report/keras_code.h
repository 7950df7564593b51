// keras_code.h: a fit job as the Python that does the same with Keras: for people who know that language better than ours.
#pragma once

#include <string>

#include "layers/network.h"
#include "tune/fit_job.h"
#include "tune/history.h"

namespace lehr {

/// `rates`: by epoch, where a schedule that Keras has no name for set them; else empty. `loss` and `metrics`: what the job's silence meant.
std::string keras_code(const FitJob& job, const BuiltNetwork& network, const std::string& loss, const std::vector<std::string>& metrics,
                       const std::vector<double>& rates);

}  // namespace lehr
