// The callbacks that have a name. A new callback is one line here.
#include "layers/metrics.h"
#include "tune/callbacks/backup_and_restore.h"
#include "tune/callbacks/csv_logger.h"
#include "tune/callbacks/early_stopping.h"
#include "tune/callbacks/learning_rate_scheduler.h"
#include "tune/callbacks/max_time.h"
#include "tune/callbacks/model_checkpoint.h"
#include "tune/callbacks/progbar_logger.h"
#include "tune/callbacks/reduce_lr_on_plateau.h"
#include "tune/callbacks/swap_ema_weights.h"
#include "tune/callbacks/tensorboard.h"
#include "tune/callbacks/terminate_on_nan.h"
#include "tune/callbacks/webhook.h"

namespace lehr {

const Catalogue<CallbackSpec>& callback_catalogue() {
  using C = Catalogue<CallbackSpec>;
  // clang-format off
  static const C list("callback", {C::entry<EarlyStopping>(), C::entry<ModelCheckpoint>(), C::entry<ReduceLROnPlateau>(),
                                   C::entry<LearningRateScheduler>(), C::entry<CSVLogger>(), C::entry<TensorBoard>(),
                                   C::entry<TerminateOnNaN>(), C::entry<BackupAndRestore>(), C::entry<SwapEMAWeights>(),
                                   C::entry<ProgbarLogger>(), C::entry<Webhook>(),
                                   C::entry<MaxTime>(),
                                   });
  // clang-format on
  return list;
}

bool maximizes(MonitorMode mode, const std::string& monitor) {
  return mode == MonitorMode::max || (mode == MonitorMode::automatic && maximize(monitor));
}

const double* find_log(const EpochLogs& logs, const std::string& name) {
  for (const auto& [key, value] : logs)
    if (key == name) return &value;
  return nullptr;
}

}  // namespace lehr
