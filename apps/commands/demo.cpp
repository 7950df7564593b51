// lehr demo: the lecture's story on drawn faces in about two minutes: the data, a rate that works, one that collapses, and the pictures.
#include <CLI/CLI.hpp>

#include "apps/console.h"
#include "engine/data/inspect.h"
#include "tune/format.h"
#include "tune/plot/contact_sheet.h"
#include "tune/plot/curves.h"
#include "tune/plot/figure.h"

namespace lehr {

namespace {

FitJob demo_job(const FitJob& flags, const char* rate, std::int64_t epochs, const char* name) {
  FitJob job = flags;
  job.model =
      "conv2d(16, 3, padding=same, activation=relu) | max_pooling2d | conv2d(32, 3, padding=same, activation=relu) | max_pooling2d | "
      "conv2d(64, 3, padding=same, activation=relu) | max_pooling2d | flatten | dense(128, relu) | dropout(0.25) | dense(12, softmax)";
  job.data = "faces(people=12, per_person=40, size=32)";
  job.learning_rate = rate;
  job.epochs = epochs;
  job.name = name;
  job.run.clear();
  return job;
}

std::string show_data(Console& console, const DataSplits& data) {
  const Dataset& train = *data.train;
  const ClassShare largest = largest_class(train);
  console.out << "1. The data: " << count_text(train.size()) << " drawn faces of " << train.classes() << " people to train on, "
              << count_text(data.validation->size()) << " to validate, " << count_text(data.test->size())
              << " to test.\n   The largest class has " << percent_text(largest.share)
              << " of them: what a network scores that always gives the same answer.\n";
  const std::int64_t shown = std::min<std::int64_t>(9, train.size());
  std::vector<std::string> titles;
  const auto ids = train.label_ids();
  for (std::int64_t i = 0; i < shown; ++i) titles.push_back(train.class_name(ids[static_cast<std::size_t>(i)]));
  std::string file = "runs/demo-faces.png";
  plot::write_contact_sheet(train.x.rows(0, shown), titles, 3, file, "Some of the faces");
  return file;
}

void run(Console& console, const FitJob& flags) {
  catch_signals();
  const FitJob good_job = demo_job(flags, "1e-3", 15, "demo-works"), bad_job = demo_job(flags, "0.1", 5, "demo-collapses");
  const DataSplits data = load_job_data(good_job.data, good_job);
  const std::string faces = show_data(console, data);
  const auto renderer = console.renderer();
  const FitJobHooks hooks{.renderer = renderer.get(), .interrupted = interrupted, .data = &data};
  console.out << "\n2. A learning rate that works: Adam, 1e-3\n";
  const FitOutcome good = run_fit_job(good_job, hooks);
  if (good.interrupted) {
    console.exit_code = static_cast<int>(Category::interrupted);
    return;
  }
  console.out << "\n3. The same network with a rate a hundred times higher: Adam, 0.1\n";
  const FitOutcome bad = run_fit_job(bad_job, hooks);
  const std::string both = "runs/demo-both.png";
  plot::write_figure(plot::overlay({{"rate 1e-3", good.history}, {"rate 0.1", bad.history}}, "One network, two learning rates"), "runs/demo-both.svg", both);
  console.out << "\nWhat happened: with 1e-3, " << good.summary.verdict.words << "; with 0.1, " << bad.summary.verdict.words
              << ".\nThe pictures:\n  " << faces << "\n  " << good.summary.pictures.at(1) << "\n  " << bad.summary.pictures.at(1) << "\n  "
              << both << "\nNext: lehr experiment list\n";
}

}  // namespace

void add_demo(CLI::App& app, Console& console) {
  auto* command = app.add_subcommand("demo", "the lecture's story on bundled data, in about two minutes");
  auto job = std::make_shared<FitJob>();
  add_common_flags(*command, console, *job);
  command->callback([&console, job] { run(console, *job); });
}

}  // namespace lehr
