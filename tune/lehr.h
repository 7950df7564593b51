// lehr.h: everything an embedding program needs: networks, data, training.
#pragma once

#include "engine/data/data_catalogue.h"              // IWYU pragma: export
#include "engine/data/load.h"                        // IWYU pragma: export
#include "kernels/cpu.h"                             // IWYU pragma: export
#include "layers/activations.h"                      // IWYU pragma: export
#include "layers/batch_normalization.h"              // IWYU pragma: export
#include "layers/conv2d.h"                           // IWYU pragma: export
#include "layers/dense.h"                            // IWYU pragma: export
#include "layers/dropout.h"                          // IWYU pragma: export
#include "layers/merging.h"                          // IWYU pragma: export
#include "layers/pooling.h"                          // IWYU pragma: export
#include "layers/rescaling.h"                        // IWYU pragma: export
#include "layers/reshaping.h"                        // IWYU pragma: export
#include "layers/zoo/zoo.h"                          // IWYU pragma: export
#include "optim/adam.h"                              // IWYU pragma: export
#include "optim/epoch_schedules.h"                   // IWYU pragma: export
#include "optim/keras_schedules.h"                   // IWYU pragma: export
#include "optim/ramps.h"                             // IWYU pragma: export
#include "optim/rmsprop.h"                           // IWYU pragma: export
#include "optim/sgd.h"                               // IWYU pragma: export
#include "tune/callbacks/csv_logger.h"               // IWYU pragma: export
#include "tune/callbacks/early_stopping.h"           // IWYU pragma: export
#include "tune/callbacks/lambda_callback.h"          // IWYU pragma: export
#include "tune/callbacks/learning_rate_scheduler.h"  // IWYU pragma: export
#include "tune/callbacks/model_checkpoint.h"         // IWYU pragma: export
#include "tune/callbacks/reduce_lr_on_plateau.h"     // IWYU pragma: export
#include "tune/callbacks/terminate_on_nan.h"         // IWYU pragma: export
#include "tune/model.h"                              // IWYU pragma: export
