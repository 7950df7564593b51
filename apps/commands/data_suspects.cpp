// lehr data suspects: samples that a person should look at before training on them.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "apps/commands/data_suspects.h"
#include "apps/fit_flags.h"
#include "engine/atomic_file.h"
#include "engine/json.h"
#include "tune/format.h"
#include "tune/plot/contact_sheet.h"
#include "tune/suspects.h"

namespace lehr {

namespace {

struct SuspectFlags {
  FitJob job;
  std::string spec, weights = "last", output = "suspects.txt", picture = "suspects.png";
};

/// Read sample by sample, so that a broken one stops nothing; in the run's own size and color where there is a run.
DataSplits open_samples(SuspectFlags& f, const LoadedRun* loaded) {
  FitJob job = f.job;
  if (loaded != nullptr) {
    const Shape& input = loaded->model->network().input();
    job.resize = loaded->job.resize;
    if (job.image_size.empty()) job.image_size = loaded->job.image_size;
    if (job.color.empty()) job.color = loaded->job.color;
    if (job.image_size.empty() && input.rank() == 3) job.image_size = std::to_string(input[0]) + "x" + std::to_string(input[1]);
  }
  job.memory = "1B";
  return load_job_data(f.spec, job);
}

void print_table(Console& console, const std::vector<Suspect>& suspects, std::int64_t samples) {
  constexpr std::size_t shown = 30;
  for (const auto kind : {SuspectKind::broken, SuspectKind::blank, SuspectKind::duplicate, SuspectKind::label}) {
    std::size_t count = 0;
    for (const Suspect& s : suspects) {
      if (s.kind != kind) continue;
      if (++count <= shown) console.out << fmt::format("{:<10} {}  {}\n", name_of(kind), s.name, s.why);
    }
    if (count > shown) console.out << fmt::format("{:<10} and {} more\n", name_of(kind), count - shown);
  }
  console.out << count_text(static_cast<std::int64_t>(suspects.size())) << " of " << count_text(samples) << " samples are suspect\n";
}

/// What the sheet has room for: the first of them.
void draw(const SuspectFlags& f, const DataSplits& data, const std::vector<Suspect>& suspects) {
  constexpr std::size_t room = 60;
  std::vector<std::size_t> which;
  std::vector<Suspect> readable;
  for (const Suspect& s : suspects)
    if (s.kind != SuspectKind::broken && readable.size() < room) readable.push_back(s);
  const Array images = suspect_images(data, readable, which);
  if (which.empty()) return;
  std::vector<std::string> titles;
  for (const std::size_t i : which) titles.push_back(readable[i].name + "\n" + readable[i].why);
  plot::write_contact_sheet(images, titles, 4, f.picture, "suspects of " + f.spec);
}

void data_suspects_command(Console& console, SuspectFlags& f) {
  std::optional<LoadedRun> loaded;
  if (!f.job.run.empty()) loaded = open_run(run_path(f.job.run), f.weights, f.job);
  const DataSplits data = open_samples(f, loaded ? &*loaded : nullptr);
  const auto suspects = find_suspects(data, loaded ? loaded->model.get() : nullptr);
  std::int64_t samples = 0;
  for (const auto* part : {&data.train, &data.validation, &data.test})
    if (*part) samples += (*part)->size();
  write_file_atomically(f.output, exclusion_list(suspects));
  draw(f, data, suspects);
  if (console.json) {
    JsonValue list = JsonValue::array();
    for (const Suspect& s : suspects)
      list.push_back(JsonValue::object({{"kind", std::string(name_of(s.kind))},
                                        {"part", s.part},
                                        {"row", s.row},
                                        {"name", s.name},
                                        {"why", s.why},
                                        {"doubt", s.doubt}}));
    console.out << JsonValue::object({{"samples", samples}, {"suspects", list}, {"list", f.output}, {"picture", f.picture}}).text(2)
                << '\n';
    return;
  }
  print_table(console, suspects, samples);
  if (!suspects.empty())
    console.out << "list: " << f.output << ", picture: " << f.picture
                << "\nlook at them, delete the lines of those that shall stay, then: lehr fit --exclude " << f.output << " ...\n";
  if (!loaded) console.out << "labels were not looked at: --run RUN names a network that was trained on such samples\n";
}

}  // namespace

void add_data_suspects(CLI::App& data, Console& console) {
  auto* command = data.add_subcommand("suspects", "samples that are broken, blank, there twice, or labelled otherwise than they look");
  auto flags = std::make_shared<SuspectFlags>();
  command->add_option("data", flags->spec, "a data set, as for fit --data")->required();
  command->add_option("--weights", flags->weights, "of the run: best, last or a file")->capture_default_str();
  command->add_option("--output", flags->output, "the list for fit --exclude")->capture_default_str();
  command->add_option("--picture", flags->picture, "the contact sheet")->capture_default_str();
  command->add_option("--image-size", flags->job.image_size, "HEIGHTxWIDTH; default: the run's");
  command->add_option("--color", flags->job.color, "rgb or gray; default: the run's");
  add_common_flags(*command, console, flags->job);
  command->callback([&console, flags] { data_suspects_command(console, *flags); });
}

}  // namespace lehr
