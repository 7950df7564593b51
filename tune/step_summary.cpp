#include "tune/step_summary.h"

#include "tune/job_inputs.h"
#include "tune/step_plan.h"

namespace lehr {

PlanTable step_summary(const BuiltNetwork& network, const FitJob& job, bool predict) {
  const auto backend = open_device(job).backend;
  const Precision precision = precision_of(job.precision);
  State state(*backend, network.tensors(), precision == Precision::mixed_bfloat16);
  const bool classes = network.final_activation() == Activation::softmax;
  const Optimizer optimizer = job_optimizer(job);
  StepRequest request{.network = network,
                      .state = state,
                      .options = {.mode = predict ? PlanMode::predict : PlanMode::train, .batch = job.batch_size, .precision = precision},
                      .form = {.x = DType::u8, .sample = network.input(), .input = rescaling(1 / 255.0)}};
  if (!predict) {
    request.form.ids = classes;
    request.form.label_columns = classes ? 1 : network.output().elements();
    request.loss = classes ? Loss(SparseCategoricalCrossentropy{}) : Loss(MeanSquaredError{});
    request.optimizer = &optimizer;
  }
  const StepPlan step = make_step_plan(request);
  return plan_table(*step.plan, *backend, compute_type(precision));
}

}  // namespace lehr
