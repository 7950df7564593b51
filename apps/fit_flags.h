// fit_flags.h: the flags of `lehr fit`, shared with the commands that train.
#pragma once

#include <string>

#include "tune/fit_job.h"

namespace CLI {
class App;
}

namespace lehr {

void add_fit_flags(CLI::App& command, FitJob& job);
/// Copies into `job` what was typed on the command line.
void keep_given_flags(CLI::App& command, const FitJob& given, FitJob& job);
/// What can be refused before any file is read.
void check_job(const FitJob& job);
/// A folder, or a name under runs/.
std::string run_path(const std::string& run);

}  // namespace lehr
