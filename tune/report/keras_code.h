// keras_code.h: a fit job as the Python that does the same with Keras: for people who know that language better than ours.
#pragma once

#include <string>

#include "tune/fit_job.h"
#include "tune/model.h"

namespace lehr {

/// `rates`: by epoch, where a schedule that Keras has no name for set them; else empty.
std::string keras_code(const FitJob& job, const Model& model, const std::vector<double>& rates, bool sample_weights = false);

}  // namespace lehr
