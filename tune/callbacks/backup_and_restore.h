// backup_and_restore.h: a fit that was cut off goes on where its last backup stands: the same checkpoint, bit for bit, that `lehr fit`
// keeps of every run. For C++ and for runs that keep a second one elsewhere.
#pragma once

#include "tune/callback.h"
#include "tune/callbacks/save_freq.h"
#include "tune/model.h"

namespace lehr {

struct BackupAndRestore {
  static constexpr SpecInfo info{.name = "backup_and_restore",
                                 .class_name = "BackupAndRestore",
                                 .summary = "backs the whole state up, and goes on from it",
                                 .formula = "backup_dir/checkpoint.lehr; the one before it is kept; a finished fit removes both"};
  Required<std::string> backup_dir = {};
  Frequency save_freq = {};
  bool delete_checkpoint = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("backup_dir", self.backup_dir, "folder; a relative name lies in the run folder");
    f("save_freq", self.save_freq, "epoch, or every so many batches");
    f("delete_checkpoint", self.delete_checkpoint, "remove the backup when training has ended");
  }
};
std::unique_ptr<Callback> make_callback(const BackupAndRestore& spec);

/// What Model::fit_run does where one of its callbacks asks for backups.
FitResult fit_with_backup(Model& model, const Dataset& train, const FitOptions& options, const BackupAndRestore& spec);

}  // namespace lehr
