// lehr find-lr: the rate range test, and its candidates trained.
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "apps/console.h"
#include "apps/fit_flags.h"
#include "engine/spec/parse.h"
#include "tune/find_lr_job.h"
#include "tune/plot/terminal_chart.h"
#include "tune/terminal.h"

namespace lehr {

namespace {

struct FindLrFlags {
  FindLrJob find;
  std::string growth = "exponential", then;
};

void find_lr_command(Console& console, FindLrFlags& flags) {
  FitJob& job = flags.find.job;
  if (job.model.empty() || job.data.empty())
    throw Error({.category = Category::usage,
                 .where = job.model.empty() ? "--model" : "--data",
                 .what = "is needed",
                 .expected = "--model SPEC --data SPEC",
                 .hint = "For example: lehr find-lr --model 'flatten | dense(10, softmax)' --data digits"});
  check_job(job);
  flags.find.test.growth = SpecConvert<RateGrowth>::from(parse_spec(flags.growth, "--growth"));
  flags.find.then_fit = !flags.then.empty();
  catch_signals();
  const auto renderer = console.renderer();
  const FindLrReport report = find_lr(flags.find, {.renderer = renderer.get(), .interrupted = interrupted});
  if (console.json) {
    console.out << find_lr_json(report).text() << '\n';
  } else if (!console.quiet) {
    const plot::Figure figure = find_lr_figure(report, flags.find.test.growth == RateGrowth::exponential);
    console.out << plot::terminal_chart(std::get<plot::LinePanel>(figure.panels.front()), terminal_of(STDOUT_FILENO))
                << find_lr_text(report, flags.find);
  }
  if (flags.find.then_fit && !report.take) console.exit_code = static_cast<int>(Category::failed);
}

}  // namespace

void add_find_lr(CLI::App& app, Console& console) {
  auto* command = app.add_subcommand("find-lr", "the rate range test: which learning rates a network can stand");
  auto flags = std::make_shared<FindLrFlags>();
  FindLrJob& find = flags->find;
  find.job.epochs = 3;
  add_common_flags(*command, console, find.job);
  add_fit_flags(*command, find.job);
  command->get_option("--epochs")->description("of every candidate, with --then fit");
  command->add_option("--from", find.test.from, "the lowest rate")->capture_default_str();
  command->add_option("--to", find.test.to, "the highest")->capture_default_str();
  command->add_option("--steps", find.test.steps, "between them")->capture_default_str();
  command->add_option("--growth", flags->growth, "exponential or linear")->capture_default_str();
  command->add_option("--smoothing", find.test.beta, "share of the past in the smoothed loss")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 0.9999));
  command->add_option("--diverged", find.test.diverged, "ends where the smoothed loss is so many times its best; 0: never")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command->add_option("--repeat", find.repeat, "seeds, for a band around each suggestion")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command->add_option("--then", flags->then, "fit: train every candidate briefly and say which to take")->check(CLI::IsMember({"fit"}));
  command->callback([&console, flags] { find_lr_command(console, *flags); });
}

}  // namespace lehr
