// lehr replay: what callbacks would have done with a recorded run.
#include <CLI/CLI.hpp>
#include <filesystem>

#include "apps/console.h"
#include "apps/fit_flags.h"
#include "engine/atomic_file.h"
#include "engine/spec/parse.h"
#include "tune/history_files.h"
#include "tune/replay.h"
#include "tune/run_folder.h"

namespace lehr {

namespace {

struct ReplayFlags {
  std::string run;
  std::optional<double> learning_rate;
  std::vector<std::string> callbacks;
};

History recorded(const std::string& run) {
  if (std::filesystem::is_regular_file(run)) return parse_history_csv(read_file(run), run);
  return RunFolder::open(run).read_history();
}

void replay_command(Console& console, const ReplayFlags& flags) {
  ReplayOptions options{.learning_rate = flags.learning_rate};
  for (const auto& text : flags.callbacks) options.callbacks.push_back(callback_catalogue().from(parse_spec(text, "--callback")));
  const Replay done = replay(recorded(flags.run), options);
  if (console.json)
    console.out << replay_json(done) << '\n';
  else
    console.out << replay_text(done);
}

}  // namespace

void add_replay(CLI::App& app, Console& console) {
  auto* command = app.add_subcommand("replay", "what callbacks would have done with a recorded run");
  auto flags = std::make_shared<ReplayFlags>();
  command->add_option("run", flags->run, "a run, or a history.csv (Keras's CSVLogger files too)")->required();
  command->add_option("--learning-rate", flags->learning_rate, "before the first epoch; default: the history's own");
  repeatable(command->add_option("--callback", flags->callbacks, "early_stopping(patience=5), ...; repeatable, in this order"))->required();
  command->add_flag("--json", console.json, "as JSON");
  command->callback([&console, flags] { replay_command(console, *flags); });
}

}  // namespace lehr
