// tune_flags.h: the flags of `lehr fit` as text, in which values may be searched, and those of a search.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tune/study/worker.h"

namespace CLI {
class App;
}

namespace lehr {

struct Console;

struct TuneFlags {
  TuneJob job = {};
  std::map<std::string, std::vector<std::string>> fit = {};  ///< flag -> values as typed
  std::string budget = {}, disk = {}, emit = {};
};

/// Every flag of fit, taking text.
void add_searched_fit_flags(CLI::App& command, TuneFlags& flags);
void add_search_flags(CLI::App& command, TuneFlags& flags);
void add_output_flags(CLI::App& command, Console& console);
/// The job they say.
TuneJob job_from_flags(const TuneFlags& flags);

TuneHooks tune_hooks(Console& console);
/// Prints the end of a study, sets the exit code.
void print_tune_result(Console& console, const TuneResult& result, const TuneJob& job);

}  // namespace lehr
