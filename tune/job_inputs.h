// job_inputs.h: what a job's flags make of its data: how samples become inputs, and what a class weighs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tune/fit_job.h"
#include "weights/tensor_file.h"

namespace lehr {

/// By --preprocess and --rescale; bytes are divided by 255 where neither is given. Error{usage} where both are.
InputTransform input_transform(const FitJob& job, const Dataset& data);

/// What --scale-features names. Error{usage} beside --rescale or --preprocess.
FeatureScaling feature_scaling_of(const FitJob& job);
/// A run trained on bytes takes float arrays as they are here, too.
InputTransform scaled_input(const FeatureScaler& scaler, const Dataset& data);

/// --optimizer (where it is not given `own`, which is Adam unless a compiled model brings one), with --learning-rate on top: a number or a schedule.
Optimizer job_optimizer(const FitJob& job, const Optimizer& own = {});

/// A line where layers of a model file are of another precision in Keras than they are run in here.
std::vector<std::string> precision_warnings(const TensorFile& model, Precision precision);

/// `auto` (n / (classes * count)), or `id:weight,...`; by id, empty for an empty text. Error{usage} for anything else.
std::vector<float> class_weights(const std::string& text, const Dataset& train, std::int64_t classes);

}  // namespace lehr
