// fit_flags.h: the flags of `lehr fit`, shared with the commands that train.
#pragma once

#include <string>

#include "tune/fit_job.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace lehr {

void add_fit_flags(CLI::App& command, FitJob& job);
/// May be typed several times, one value each: what follows the value is something else.
CLI::Option* repeatable(CLI::Option* option);
/// Copies into `job` what was typed on the command line.
void keep_given_flags(CLI::App& command, const FitJob& given, FitJob& job);
/// What can be refused before any file is read.
void check_job(const FitJob& job);
/// A folder, or a name under runs/.
std::string run_path(const std::string& run);
/// Not a run but a model: a file (x.keras), or a network's text with weights of its own.
bool names_model(const std::string& run);
/// Of the commands that take a run or a model.
constexpr const char* weights_help = "of a run: best or last (the default); of either: a file";
/// A run has its own preprocessing: Error{usage} where a flag names another.
void refuse_preprocessing(const FitJob& job);

}  // namespace lehr
