// lehr schedule: learning rates drawn before training.
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "apps/console.h"
#include "apps/fit_flags.h"
#include "engine/number_text.h"
#include "engine/spec/parse.h"
#include "optim/schedule_catalogue.h"
#include "tune/plot/terminal_chart.h"
#include "tune/schedule_picture.h"
#include "tune/terminal.h"

namespace lehr {

namespace {

struct ScheduleFlags {
  std::vector<std::string> specs, pictures;
  std::string learning_rate = "1e-3";
  std::int64_t epochs = 0, steps_per_epoch = 1;
};

void write_pictures(const ScheduleFlags& flags, const plot::LinePanel& panel) {
  for (const std::filesystem::path file : flags.pictures) {
    if (file.extension() != ".svg" && file.extension() != ".png")
      throw Error({.category = Category::usage,
                   .where = "--picture",
                   .what = "the picture's kind is not known",
                   .expected = "a file ending in .svg or .png",
                   .got = file.string()});
    const bool svg = file.extension() == ".svg";
    plot::write_figure({.panels = {panel}, .columns = 1}, svg ? file : "", svg ? "" : file);
  }
}

void print(Console& console, const std::vector<NamedSchedule>& schedules, const ScheduleRun& run, const plot::LinePanel& panel) {
  console.out << plot::terminal_chart(panel, terminal_of(STDOUT_FILENO));
  for (const auto& s : schedules) {
    const auto curve = s.schedule.curve(run);
    const auto last = static_cast<std::int64_t>(run.steps()) - 1;
    console.out << s.name << ": " << number_text(curve->at(0)) << " at the begin, " << number_text(curve->at(last)) << " at the end\n";
  }
}

void schedule_command(Console& console, const ScheduleFlags& flags) {
  const ScheduleRun run{.initial = spec_number(parse_spec(flags.learning_rate, "--learning-rate")),
                        .epochs = static_cast<double>(flags.epochs),
                        .steps_per_epoch = flags.steps_per_epoch};
  std::vector<NamedSchedule> schedules;
  for (const auto& text : flags.specs) schedules.push_back({text, schedule_from_text(text, "schedule")});
  for (const auto& s : schedules) check_rates(s.schedule, run);
  const plot::LinePanel panel = schedule_panel(schedules, run);
  write_pictures(flags, panel);
  for (const auto& s : schedules)
    if (const std::string warning = schedule_warning(s.schedule, run); !warning.empty() && !console.quiet)
      console.err << "lehr: warning: " << warning << '\n';
  if (!console.json) {
    if (!console.quiet) print(console, schedules, run, panel);
    return;
  }
  JsonValue list = JsonValue::array();
  for (const auto& s : schedules) list.push_back(schedule_rates(s.schedule, run));
  console.out << (schedules.size() == 1 ? list.at(0) : list).text() << '\n';
}

}  // namespace

void add_schedule(CLI::App& app, Console& console) {
  auto* command = app.add_subcommand("schedule", "draw learning rates before training");
  auto flags = std::make_shared<ScheduleFlags>();
  command->add_option("spec", flags->specs, "schedules, formulas or numbers: 'cosine(0)' 'warmup(3%, step_decay(0.5, 15))'")->required();
  command->add_option("--learning-rate", flags->learning_rate, "where they start unless they say so themselves")->capture_default_str();
  command->add_option("--epochs", flags->epochs, "of the run")->required()->check(CLI::Range(1, 10'000'000));
  command->add_option("--steps-per-epoch", flags->steps_per_epoch)->capture_default_str()->check(CLI::Range(1, 10'000'000));
  repeatable(command->add_option("--picture", flags->pictures, "FILE.svg or FILE.png; repeatable"));
  command->add_flag("--json", console.json, "the rates as JSON");
  command->add_flag("--quiet", console.quiet, "no chart");
  command->callback([&console, flags] { schedule_command(console, *flags); });
}

}  // namespace lehr
