// tensorboard.h: event files that TensorBoard shows: Keras's tags, steps and folders.
#pragma once

#include "tune/callback.h"
#include "tune/callbacks/save_freq.h"

namespace lehr {

struct TensorBoard {
  static constexpr SpecInfo info{
      .name = "tensorboard",
      .class_name = "TensorBoard",
      .summary = "writes event files for TensorBoard",
      .formula = "epoch_NAME at epochs, batch_NAME at steps, WEIGHT/histogram; train/ and validation/ under log_dir"};
  std::string log_dir = "logs";
  int histogram_freq = 0;
  bool write_images = false, write_steps_per_second = false;
  Frequency update_freq = {};
  bool split = true, hparams = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("log_dir", self.log_dir, "folder; a relative name lies in the run folder");
    f("histogram_freq", self.histogram_freq, "epochs between histograms of the weights; 0: none");
    f("write_images", self.write_images, "with histogram_freq: weights as pictures as well");
    f("write_steps_per_second", self.write_steps_per_second, "how fast the epoch was");
    f("update_freq", self.update_freq, "epoch, batch, or every so many batches");
    f("split", self.split, "train/ and validation/, as Keras; false: one file, val_ in its tags");
    f("hparams", self.hparams, "the run's settings for the HParams tab");
  }
};
std::unique_ptr<Callback> make_callback(const TensorBoard& spec);

}  // namespace lehr
