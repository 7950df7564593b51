// profiles.h: cuDNN, and GPUs that are described rather than present.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/atomic_file.h"
#include "kernels/cuda/cudnn/graph.h"
#include "kernels/error.h"

namespace lehr::check {

/// Null where this machine has no cuDNN; says so.
inline std::shared_ptr<const cudnn::Api> cudnn_or_skip() {
  try {
    return cudnn::Api::load();
  } catch (const Error& e) {
    MESSAGE("skipped: ", e.what());
    return nullptr;
  }
}

inline std::vector<cudnn::Target> described_gpus(const std::shared_ptr<const cudnn::Api>& api) {
  std::vector<cudnn::Target> all;
  for (const std::string name : {"h100", "h200"})
    all.push_back(cudnn::Target::described(api, read_file(LEHR_SOURCE_DIR "/kernels/cuda/cudnn/profiles/" + name + ".json"), name));
  return all;
}

}  // namespace lehr::check
