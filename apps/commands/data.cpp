// lehr data: what a data set holds, and making and splitting sets.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "apps/commands/data_suspects.h"
#include "apps/console.h"
#include "engine/data/data_catalogue.h"
#include "engine/data/fetch.h"
#include "engine/data/image_folder.h"
#include "engine/data/inspect.h"
#include "engine/data/lfw.h"
#include "engine/json.h"
#include "engine/spec/help.h"
#include "engine/spec/names.h"
#include "tune/format.h"
#include "tune/plot/contact_sheet.h"
#include "tune/terminal.h"

namespace lehr {

namespace {

struct DataFlags {
  FitJob job;
  std::string spec, output, from, parts = "60,20,20", picture = "data.png";
  bool stratified = false;
};

void print_part(Console& console, const PartReport& p) {
  const Statistics& s = p.statistics;
  console.out << fmt::format("{} images shape: {} - labels shape: {}\n", p.part, p.x_shape.text(), p.y_shape.text());
  console.out << fmt::format("  values {} to {}, mean {:.4f} (as x/255: {} to {}, mean {:.6f}), stored as {}\n", s.min, s.max, s.mean,
                             metric_text(s.min_255), metric_text(s.max_255), s.mean_255, name_of(p.x_dtype));
  console.out << fmt::format("  bytes as uint8 {}, float32 {}, float64 {}\n", bytes_text(static_cast<double>(s.bytes_u8)),
                             bytes_text(static_cast<double>(s.bytes_f32)), bytes_text(static_cast<double>(s.bytes_f64)));
  if (!p.class_counts.empty())
    console.out << fmt::format("  {} classes; the largest, {}, has {} ({})\n", p.class_counts.size(), p.largest.id,
                               count_text(p.largest.count), percent_text(p.largest.share));
  if (const auto& w = p.sample_weights)
    console.out << fmt::format("  sample weights {} to {}, mean {}\n", metric_text(w->min), metric_text(w->max), metric_text(w->mean));
  for (const auto* line : {&p.first, &p.last})
    if (!line->file.empty()) console.out << fmt::format("  {} -> {} -> {}\n", line->file, line->label, line->name);
}

JsonValue json_of(const PartReport& p) {
  JsonValue out = JsonValue::object(
      {{"part", p.part},
       {"shape", p.x_shape.extents()},
       {"labels", p.y_shape.extents()},
       {"dtype", std::string(name_of(p.x_dtype))},
       {"min", p.statistics.min},
       {"max", p.statistics.max},
       {"mean", p.statistics.mean},
       {"class_counts", p.class_counts},
       {"largest_class", p.largest.share},
       {"bytes",
        JsonValue::object({{"uint8", p.statistics.bytes_u8}, {"float32", p.statistics.bytes_f32}, {"float64", p.statistics.bytes_f64}})}});
  if (const auto& w = p.sample_weights)
    out.append("sample_weights", JsonValue::object({{"min", w->min}, {"max", w->max}, {"mean", w->mean}}));
  return out;
}

void inspect_data(Console& console, const DataFlags& f) {
  const DataSplits data = load_job_data(f.spec, f.job);
  const DataReport report = inspect(data);
  if (console.json) {
    JsonValue parts = JsonValue::array();
    for (const auto& p : report.parts) parts.push_back(json_of(p));
    console.out << JsonValue::object({{"source", report.source},
                                      {"parts", parts},
                                      {"duplicates", report.duplicate_count},
                                      {"duplicates_across_parts", report.across_parts}})
                       .text(2)
                << '\n';
    return;
  }
  console.out << report.source << '\n';
  for (const auto& p : report.parts) print_part(console, p);
  console.out << "duplicates: " << report.duplicate_count << ", " << report.across_parts << " of them across parts\n";
  const Dataset& first = data.any();
  if (!first.is_images() || first.size() < 9 || first.streamed) return;
  std::vector<std::string> titles;
  const auto ids = first.label_ids();
  for (std::size_t i = 0; i < 9; ++i) titles.push_back(first.class_name(ids[i]));
  plot::write_contact_sheet(first.x.rows(0, 9), titles, 3, f.picture, "");
  console.out << "picture: " << f.picture << '\n';
}

void make_data(Console& console, const DataFlags& f) {
  if (f.spec == "lfw62") {
    if (f.from.empty())
      throw Error({.category = Category::usage, .where = "--from", .what = "is needed", .expected = "the public archive lfw.tgz"});
    make_lfw62(f.from, f.output.empty() ? "lfw62" : f.output);
  } else {
    write_folder(load_job_data(f.spec, f.job), f.output.empty() ? "faces" : f.output);
  }
  console.out << "written: " << (f.output.empty() ? (f.spec == "lfw62" ? "lfw62" : "faces") : f.output) << '\n';
}

void split_data(Console& console, const DataFlags& f) {
  double parts[3] = {60, 20, 20};
  if (std::sscanf(f.parts.c_str(), "%lf,%lf,%lf", &parts[0], &parts[1], &parts[2]) != 3)
    throw Error({.category = Category::usage,
                 .where = "--parts",
                 .what = "cannot read the parts",
                 .expected = "three numbers, as 60,20,20",
                 .got = f.parts});
  const DataSplits whole = load_job_data(f.spec, f.job);
  const DataSplits out = split_parts(whole.any(), parts[0], parts[1], parts[2], f.stratified, f.job.seed);
  const std::string folder = f.output.empty() ? std::filesystem::path(f.spec).filename().string() + "-split" : f.output;
  write_folder(out, folder);
  console.out << "written: " << folder << '\n';
}

/// 12.3 MB of 26.4 MB (47 %), on the line where the last one stood.
void print_progress(Console& console, std::int64_t done, std::int64_t total) {
  const std::string of = total > 0 ? " of " + bytes_text(static_cast<double>(total)) + " (" +
                                         percent_text(static_cast<double>(done) / static_cast<double>(total), 0) + ")"
                                   : "";
  console.err << "\r  " << bytes_text(static_cast<double>(done)) << of << "   " << (total > 0 && done >= total ? "\n" : "") << std::flush;
}

void fetch_data(Console& console, const DataFlags& f) {
  catch_signals();
  FetchOptions options{.folder = f.job.data_dir, .mirror = f.from, .hooks = {.interrupted = interrupted}};
  if (!console.quiet && terminal_of(STDERR_FILENO).interactive)
    options.hooks.progress = [&console](std::int64_t done, std::int64_t total) { print_progress(console, done, total); };
  const FetchedSet set = fetch_set(f.spec, options);
  if (console.json)
    console.out << JsonValue::object({{"place", set.place}, {"already_there", set.already_there}, {"next", set.next}}).text(2) << '\n';
  else
    console.out << (set.already_there ? "there already: " : "fetched, digest checked: ") << set.place << "\nuse it with: " << set.next
                << '\n';
}

}  // namespace

void add_data(CLI::App& app, Console& console) {
  auto* command = app.add_subcommand("data", "list, inspect, make and split data sets");
  command->require_subcommand(1);
  auto* list = command->add_subcommand("list", "the sets that have a name");
  list->callback([&console] { console.out << catalogue_text("data", data_catalogue().docs()) << '\n'; });
  const auto sub = [&](const char* name, const char* what, void (*action)(Console&, const DataFlags&)) {
    auto* c = command->add_subcommand(name, what);
    auto flags = std::make_shared<DataFlags>();
    c->add_option("data", flags->spec, "a data set, as for fit --data")->required();
    c->add_option("--output", flags->output, "folder to write");
    c->add_option("--image-size", flags->job.image_size, "HEIGHTxWIDTH");
    c->add_option("--color", flags->job.color, "rgb or gray");
    c->add_option("--from", flags->from, "lfw62: the public archive");
    c->add_option("--parts", flags->parts, "split: shares of Train, Validation, Test")->capture_default_str();
    c->add_option("--picture", flags->picture, "inspect: the 3x3 picture")->capture_default_str();
    c->add_flag("--stratified", flags->stratified, "split: within each class");
    add_common_flags(*c, console, flags->job);
    c->callback([&console, flags, action] { action(console, *flags); });
  };
  sub("inspect", "shapes, range, classes, duplicates and a picture", inspect_data);
  sub("make", "write faces(...) or lfw62 as a folder in the lecture's layout", make_data);
  sub("split", "cut a set into Train, Validation, Test", split_data);

  add_data_suspects(*command, console);
  auto* fetch = command->add_subcommand("fetch", "download a named set, go on where it stopped, check its digest");
  auto flags = std::make_shared<DataFlags>();
  fetch->add_option("name", flags->spec, one_of(fetchable_sets()))->required();
  fetch->add_option("--from", flags->from, "a mirror: the folder's address, http or https");
  add_common_flags(*fetch, console, flags->job);
  fetch->callback([&console, flags] { fetch_data(console, *flags); });
}

}  // namespace lehr
