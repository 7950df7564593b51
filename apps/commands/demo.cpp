// lehr demo: the lecture's story on drawn faces: the data, a rate that works, one too small, one that collapses, and the pictures.
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "apps/console.h"
#include "apps/version.h"
#include "tune/demo.h"
#include "tune/format.h"

namespace lehr {

namespace {

/// What is said between the runs. The runs themselves are shown by the renderer.
DemoReader narrator(Console& console, int& chapter) {
  return {.on_data =
              [&console](const DemoStory& s) {
                console.out << "1. The data\n   " << count_text(s.train + s.validation + s.test) << " faces of " << s.classes
                            << " people, drawn by the program: " << count_text(s.train) << " to train on, " << count_text(s.validation)
                            << " to validate, " << count_text(s.test)
                            << " to test.\n   A network that names the most frequent person every time is right for "
                            << percent_text(s.largest_class_share)
                            << " of the test faces.\n   One face of each: " << s.pictures.front().file << '\n';
              },
          .on_chapter =
              [&console, &chapter](const DemoChapter& c) {
                console.out << '\n' << ++chapter << ". " << c.title << ": Adam, " << repr(c.learning_rate) << '\n' << std::flush;
              },
          .on_chapter_end =
              [&console](const DemoStory& s) {
                if (s.runs.size() > 1) console.out << '\n' << demo_chart(s, terminal_of(STDOUT_FILENO)) << std::flush;
              }};
}

void demo_command(Console& console, const FitJob& flags) {
  catch_signals();
  const auto renderer = console.renderer();
  int chapter = 1;
  const DemoReader reader = console.json || console.quiet ? DemoReader{} : narrator(console, chapter);
  const DemoStory story = run_demo(flags, {.renderer = renderer.get(), .interrupted = interrupted, .program = program_version()}, reader);
  if (story.interrupted) console.exit_code = static_cast<int>(Category::interrupted);
  if (console.json)
    console.out << demo_json(story).text(2) << '\n';
  else if (!console.quiet && !story.interrupted)
    console.out << '\n' << ++chapter << ". What happened\n" << demo_report(story);
}

}  // namespace

void add_demo(CLI::App& app, Console& console) {
  auto* command = app.add_subcommand("demo", "the lecture's story on bundled data, in about two minutes");
  auto job = std::make_shared<FitJob>();
  add_common_flags(*command, console, *job);
  command->add_flag("--overwrite", job->overwrite, "with --run: replace the demo that is there");
  command->callback([&console, job] { demo_command(console, *job); });
}

}  // namespace lehr
