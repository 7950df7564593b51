// lehr cross-validate: what a choice is worth beyond one split.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "apps/console.h"
#include "apps/fit_flags.h"
#include "apps/tune_flags.h"
#include "tune/format.h"
#include "tune/study/cross_validation.h"

namespace lehr {

void add_cross_validate(CLI::App& app, Console& console) {
  auto* command = app.add_subcommand("cross-validate", "K-fold cross-validation");
  auto flags = std::make_shared<TuneFlags>();
  auto request = std::make_shared<CrossValidation>();
  add_searched_fit_flags(*command, *flags);
  command->add_option("--folds", request->folds, "how many")->capture_default_str();
  command->add_option("--repeats", request->repeats, "the whole again with other folds")->capture_default_str()->check(CLI::PositiveNumber);
  command->add_flag("--stratified", request->stratified, "every class spread evenly");
  command->add_option("--jobs", request->jobs, "folds at once; the threads are shared out")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command->add_option("--oracle", request->oracle, "where values are searched: of the search inside every fold")->capture_default_str();
  command->add_option("--inner-folds", request->inner_folds, "of that search")->capture_default_str();
  repeatable(command->add_option("--objective", request->objectives, "of that search"));
  add_output_flags(*command, console);
  command->callback([&console, flags, request] {
    catch_signals();
    const TuneJob job = job_from_flags(*flags);
    request->settings = job.settings;
    request->seed = job.seed;
    const CrossValidationResult result = cross_validate(*request, tune_hooks(console));
    if (result.interrupted) console.exit_code = static_cast<int>(Category::interrupted);
    if (console.json) {
      console.out << cross_validation_json(result) << '\n';
      return;
    }
    if (console.quiet) return;
    for (const auto& [name, m] : result.mean)
      console.out << fmt::format("{}: {} +- {:.2g} ({} folds)\n", name, metric_text(m.mean), m.standard_error, result.scores.size());
  });
}

}  // namespace lehr
