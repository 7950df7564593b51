// collapse.h: why a network gives one answer to everything, judged by what its layers still carry of the image and by how far training
// moved them; never by the learning rate alone, since depth, dead units and a bad start end in the same loss.
#pragma once

#include <limits>
#include <span>
#include <string>
#include <vector>

#include "engine/data/npz.h"
#include "tune/fit_job.h"

namespace lehr {

/// What one layer does with a handful of images.
struct LayerProbe {
  std::string name = {};
  double silent = 0;     ///< share of its outputs that are 0 for every image
  double variation = 0;  ///< rms of the outputs' deviation between images, over their rms; 0: the same for every image
  double moved = std::numeric_limits<double>::quiet_NaN();  ///< rms change of its kernel since the start, over its rms at the start
};

/// Every layer that has weights, front to back. `start` builds the same initial weights as the run had; `trained` are those it ended with.
std::vector<LayerProbe> probe_layers(const Network& network, const ModelOptions& start, const NamedArrays& trained, const Array& images);

/// In words, from the probes and the history alone. `entropy`: of the training labels, the loss of knowing nothing but their shares.
std::string why_collapsed(std::span<const LayerProbe> probes, const History& history, double entropy);

/// Both for a finished run: weights from a file, images from the test part (else validation, training).
std::string why_collapsed(const FitJob& job, const DataSplits& data, const History& history, const std::string& weights_file);

}  // namespace lehr
