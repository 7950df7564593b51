// demo.h: the lecture's story told by the program itself: drawn faces, one network, three learning rates, and what each of them does.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "engine/json.h"
#include "tune/fit_job.h"
#include "tune/terminal.h"

namespace lehr {

/// One training run of the story.
struct DemoChapter {
  std::string name = {};   ///< of its run folder
  std::string title = {};  ///< what it is about
  double learning_rate = 0;
  std::int64_t epochs = 0;
};
struct DemoRun {
  DemoChapter chapter = {};
  FitOutcome outcome = {};
  std::string why = {};  ///< a collapse explained
};

struct DemoPicture {
  std::string file = {}, what = {};
};

struct DemoStory {
  std::string folder = {};  ///< holds the runs, the pictures and report.txt
  std::int64_t classes = 0, train = 0, validation = 0, test = 0;
  double largest_class_share = 0;  ///< of the test set
  std::vector<DemoRun> runs = {};
  std::vector<DemoPicture> pictures = {};
  bool interrupted = false;
};

/// Called as the story goes on.
struct DemoReader {
  std::function<void(const DemoStory&)> on_data = {};         ///< the data is there and its picture drawn
  std::function<void(const DemoChapter&)> on_chapter = {};    ///< a run is about to begin
  std::function<void(const DemoStory&)> on_chapter_end = {};  ///< its last run has ended
};

/// flags: device, precision, threads, seed, overwrite, and `run`, the folder (default: runs/demo-<date>-<n>).
DemoStory run_demo(const FitJob& flags, const FitJobHooks& hooks, const DemoReader& reader = {});

/// Validation accuracy of the runs so far, as a chart of letters.
std::string demo_chart(const DemoStory& story, const Terminal& terminal);
/// What happened, in a table and in words, where the pictures are, and what to try next.
std::string demo_report(const DemoStory& story);
JsonValue demo_json(const DemoStory& story);

}  // namespace lehr
