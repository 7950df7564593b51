// study_html.h: a study as one HTML file that needs no network.
#pragma once

#include <string>

#include "tune/study/worker.h"

namespace lehr {

/// Pictures, trials, the space, and the command that trains the best again. `environment`: what the program is made of.
std::string study_html(const TuneResult& study, const TuneJob& job, const std::string& environment);

}  // namespace lehr
