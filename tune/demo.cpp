#include "tune/demo.h"

#include <fmt/format.h>

#include <filesystem>

#include "engine/atomic_file.h"
#include "tune/collapse.h"
#include "tune/format.h"
#include "tune/plot/contact_sheet.h"
#include "tune/plot/curves.h"
#include "tune/plot/terminal_chart.h"
#include "tune/run_folder.h"

namespace lehr {

namespace {

constexpr const char* model =
    "conv2d(16, 3, padding=same, activation=relu) | max_pooling2d | conv2d(32, 3, padding=same, activation=relu) | max_pooling2d | "
    "conv2d(64, 3, padding=same, activation=relu) | max_pooling2d | flatten | dense(128, relu) | dropout(0.25) | dense(12, softmax)";
constexpr const char* data_spec = "faces(people=12, per_person=60, size=48)";

std::vector<DemoChapter> chapters() {
  return {
      {.name = "works", .title = "A learning rate that works", .learning_rate = 1e-3, .epochs = 20},
      {.name = "too-small", .title = "The same network, the same start, a rate fifty times smaller", .learning_rate = 2e-5, .epochs = 20},
      {.name = "collapses", .title = "The same network, the same start, a rate a hundred times larger", .learning_rate = 0.1, .epochs = 8}};
}

std::string rate_name(const DemoChapter& c) { return "rate " + repr(c.learning_rate); }

FitJob job_of(const FitJob& flags, const DemoChapter& chapter, const std::string& folder) {
  FitJob job = flags;
  job.model = model;
  job.data = data_spec;
  job.learning_rate = repr(chapter.learning_rate);
  job.epochs = chapter.epochs;
  job.name = "demo-" + chapter.name;
  job.run = folder + "/" + chapter.name;
  return job;
}

/// The first face of every person.
void draw_people(const Dataset& train, const std::string& file) {
  std::vector<std::int64_t> rows;
  std::vector<std::string> titles;
  const auto ids = train.label_ids();
  for (std::int64_t person = 0; person < train.classes(); ++person)
    for (std::size_t i = 0; i < ids.size(); ++i)
      if (ids[i] == person) {
        rows.push_back(static_cast<std::int64_t>(i));
        titles.push_back(train.class_name(person));
        break;
      }
  plot::write_contact_sheet(train.x.take(rows), titles, 4, file, "The people to tell apart");
}

std::vector<std::pair<std::string, History>> histories(const DemoStory& story) {
  std::vector<std::pair<std::string, History>> out;
  for (const auto& run : story.runs) out.emplace_back(rate_name(run.chapter), run.outcome.history);
  return out;
}

double test_accuracy(const FitOutcome& outcome) {
  for (const auto& [part, values] : outcome.summary.evaluations)
    for (const auto& [name, value] : values)
      if (name == "accuracy") return value;
  return std::numeric_limits<double>::quiet_NaN();
}

void finish(DemoStory& story) {
  if (story.runs.empty() || story.interrupted) return;
  const std::string both = story.folder + "/rates";
  plot::write_figure(plot::overlay(histories(story), "One network, three learning rates"), both + ".svg", both + ".png");
  story.pictures.push_back({both + ".png", "the learning rates beside each other"});
  for (const auto& run : story.runs)
    for (const auto& file : run.outcome.summary.pictures)
      if (std::filesystem::path(file).extension() == ".png")
        story.pictures.push_back({file, rate_name(run.chapter) + ": " + std::filesystem::path(file).stem().string()});
  write_file_atomically(story.folder + "/report.txt", demo_report(story));
}

}  // namespace

DemoStory run_demo(const FitJob& flags, const FitJobHooks& hooks, const DemoReader& reader) {
  const std::vector<DemoChapter> all = chapters();
  for (const auto& chapter : all)
    if (!flags.overwrite && !flags.run.empty() && RunFolder::holds_run(flags.run + "/" + chapter.name))
      throw Error({.category = Category::usage,
                   .where = "--run " + flags.run,
                   .what = "this folder already holds a demo",
                   .hint = "Replace it with --overwrite, or name another folder."});
  const FitJob first = job_of(flags, all.front(), "");
  const DataSplits data = load_job_data(first.data, first, hooks);
  DemoStory story{.classes = data.train->classes(),
                  .train = data.train->size(),
                  .validation = data.validation->size(),
                  .test = data.test->size(),
                  .largest_class_share = largest_class(*data.test).share};
  const RunFolder folder =
      flags.run.empty() ? RunFolder::create(flags.runs_root, "demo", today()) : RunFolder::create_at(flags.run, flags.overwrite);
  story.folder = folder.path().string();
  draw_people(*data.train, story.folder + "/faces.png");
  story.pictures.push_back({story.folder + "/faces.png", "one face of each person"});
  if (reader.on_data) reader.on_data(story);
  FitJobHooks run_hooks = hooks;
  run_hooks.data = &data;
  for (const auto& chapter : all) {
    if (reader.on_chapter) reader.on_chapter(chapter);
    const FitJob job = job_of(flags, chapter, story.folder);
    DemoRun run{.chapter = chapter, .outcome = run_fit_job(job, run_hooks)};
    story.interrupted = run.outcome.interrupted;
    if (!story.interrupted && run.outcome.summary.verdict.kind == VerdictKind::collapsed)
      run.why = why_collapsed(job, data, run.outcome.history, job.run + "/last.weights.h5");
    story.runs.push_back(std::move(run));
    if (story.interrupted) break;
    if (reader.on_chapter_end) reader.on_chapter_end(story);
  }
  finish(story);
  return story;
}

std::string demo_chart(const DemoStory& story, const Terminal& terminal) {
  const plot::Figure figure = plot::overlay(histories(story), "");
  for (const auto& panel : figure.panels)
    if (const auto* lines = std::get_if<plot::LinePanel>(&panel)) return plot::terminal_chart(*lines, terminal);
  return {};
}

std::string demo_report(const DemoStory& story) {
  std::string out = fmt::format("{:>14} {:>7} {:>14} {:>7}   {}\n", "learning rate", "epochs", "test accuracy", "time", "verdict");
  for (const auto& run : story.runs)
    out += fmt::format("{:>14} {:>7} {:>14} {:>7}   {}\n", repr(run.chapter.learning_rate), run.outcome.summary.epochs,
                       percent_text(test_accuracy(run.outcome)), duration_text(run.outcome.summary.seconds),
                       run.outcome.summary.verdict.words);
  out += fmt::format("{:>14} {:>7} {:>14}           always naming the largest class\n\n", "", "", percent_text(story.largest_class_share));
  out += "Network, data, start and order of the samples were the same each time; the learning rate decided alone.\n";
  for (const auto& run : story.runs)
    if (!run.why.empty()) out += fmt::format("Why {} ended so: {}\n", repr(run.chapter.learning_rate), run.why);
  out += "\nPictures\n";
  std::size_t widest = 0;
  for (const auto& p : story.pictures) widest = std::max(widest, p.file.size());
  for (const auto& p : story.pictures) out += fmt::format("  {:<{}}  {}\n", p.file, widest, p.what);
  out +=
      "\nNext\n  lehr experiment list                        the lecture's experiments\n"
      "  lehr experiment run 16.2-vgg16-lr-1e-4      the lecture's network, about a minute\n"
      "  lehr evaluate " +
      story.folder + "/works\n";
  return out;
}

JsonValue demo_json(const DemoStory& story) {
  JsonValue runs = JsonValue::array(), pictures = JsonValue::array();
  for (const auto& run : story.runs)
    runs.push_back(JsonValue::object({{"run", run.outcome.summary.run},
                                      {"learning_rate", run.chapter.learning_rate},
                                      {"epochs", run.outcome.summary.epochs},
                                      {"test_accuracy", test_accuracy(run.outcome)},
                                      {"seconds", run.outcome.summary.seconds},
                                      {"verdict", run.outcome.summary.verdict.words},
                                      {"why", run.why}}));
  for (const auto& p : story.pictures) pictures.push_back(p.file);
  return JsonValue::object({{"folder", story.folder},
                            {"data", JsonValue::object({{"spec", data_spec},
                                                        {"classes", story.classes},
                                                        {"train", story.train},
                                                        {"validation", story.validation},
                                                        {"test", story.test},
                                                        {"largest_class", story.largest_class_share}})},
                            {"runs", runs},
                            {"pictures", pictures}});
}

}  // namespace lehr
