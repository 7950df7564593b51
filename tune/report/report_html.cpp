#include "tune/report/report_html.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/library_versions.h"
#include "tune/format.h"
#include "tune/plot/confusion_picture.h"
#include "tune/plot/curves.h"
#include "tune/plot/svg.h"
#include "tune/report/page.h"

namespace lehr {

namespace {

std::string criteria_html(const std::vector<RunReport>& runs) {
  std::string out = "<h2>Side by side</h2>\n<div class=\"wide\"><table><tr><th>run</th>";
  for (const auto& name : criteria_names()) out += "<th class=\"n\">" + html_text(name) + "</th>";
  out += "</tr>\n";
  for (const auto& run : runs) {
    out += std::string("<tr") + (run.criteria.unbeaten ? " class=\"unbeaten\"" : "") + ">" +
           cell(run.name + (run.criteria.unbeaten ? " *" : ""), false);
    for (const auto& text : criteria_texts(run.criteria)) out += cell(text, true);
    out += "</tr>\n";
  }
  out +=
      "</table></div>\n<p>* no other run on the same data is at least as good on every criterion and better on one. Latency: one sample, "
      "measured for this "
      "page; memory: what training holds, as planned.</p>\n";
  std::vector<std::pair<std::string, History>> histories;
  for (const auto& run : runs)
    if (run.history.epochs() > 0) histories.emplace_back(run.name, run.history);
  return histories.size() < 2 ? out : out + panels(plot::overlay(histories, ""));
}

std::string numbers_html(const RunReport& run) {
  std::string out = "<ul class=\"numbers\">";
  const auto add = [&](const std::string& name, const std::string& value) {
    out += "<li>" + html_text(name) + "<b>" + html_text(value) + "</b></li>";
  };
  for (const auto& [name, value] : run.evaluation)
    add(run.judged + " " + name, name.find("acc") != std::string::npos ? percent_text(value, 2) : metric_text(value));
  if (!std::isnan(run.criteria.val_accuracy)) add("best val_accuracy", percent_text(run.criteria.val_accuracy, 2));
  add("epochs", std::to_string(run.history.epochs()));
  if (const auto best = run.history.best(run.history.has("val_loss") ? "val_loss" : "loss", false))
    add("best epoch", std::to_string(run.history.rows[static_cast<std::size_t>(*best)].epoch + 1));
  if (!std::isnan(run.criteria.seconds)) add("training", duration_text(run.criteria.seconds));
  return out + "</ul>\n";
}

std::string curves_html(const RunReport& run) {
  if (run.history.epochs() == 0) return "<p>No epoch has ended yet.</p>\n";
  plot::Figure figure = plot::curves(run.history, "");
  plot::LinePanel rates{.title = "LEARNING RATE", .x_label = "Epochs", .y_label = "Learning rate", .whole_x = true};
  plot::Series line{.color = plot::ink};
  for (std::int64_t i = 0; i < run.history.epochs(); ++i) {
    line.x.push_back(static_cast<double>(run.history.rows[static_cast<std::size_t>(i)].epoch + 1));
    line.y.push_back(run.history.at("learning_rate", i));
  }
  const auto [low, high] = std::minmax_element(line.y.begin(), line.y.end());
  rates.log_y = *low > 0 && *high > 20 * *low;
  for (const auto& event : run.history.events)
    if (event.kind == "reduced" || event.kind == "stopped")
      rates.markers.push_back({.x = static_cast<double>(event.epoch + 1),
                               .y = run.history.at("learning_rate", std::min(event.epoch, run.history.epochs() - 1)),
                               .text = event.kind});
  rates.series = {line};
  figure.panels.emplace_back(rates);
  std::string out = "<h3>Curves</h3>\n" + panels(figure);
  if (run.history.events.empty()) return out;
  out += fmt::format("<details><summary>{} events</summary><table><tr><th class=\"n\">epoch</th><th>what</th><th></th></tr>\n",
                     run.history.events.size());
  for (const auto& event : run.history.events)
    out += "<tr>" + cell(std::to_string(event.epoch + 1), true) + cell(event.kind, false) + cell(event.text, false) + "</tr>\n";
  return out + "</table></details>\n";
}

std::string data_html(const RunReport& run) {
  std::string out = fmt::format("<h3>Data</h3>\n<p>{}{}</p>\n", html_text(run.job.data),
                                run.input.empty() ? "" : fmt::format(": samples of {}, {} classes", run.input, run.classes));
  if (!run.source.empty()) out += "<p>" + html_text(run.source) + "</p>\n";
  if (run.parts.empty()) return out;
  out += "<table><tr><th>part</th><th class=\"n\">samples</th><th>largest class</th><th class=\"n\">its share</th></tr>\n";
  for (const auto& part : run.parts)
    out += "<tr>" + cell(part.name, false) + cell(count_text(part.samples), true) + cell(part.largest_class, false) +
           cell(part.largest_share > 0 ? percent_text(part.largest_share) : "", true) + "</tr>\n";
  return out + "</table>\n";
}

std::string network_html(const RunReport& run) {
  std::string out = "<h3>Network</h3>\n<p><code>" + html_text(run.job.model) + "</code></p>\n";
  if (run.layers.empty()) return out;
  std::int64_t all = 0, frozen = 0;
  out += "<details><summary>layers</summary><table><tr><th>layer</th><th>kind</th><th>output</th><th class=\"n\">parameters</th></tr>\n";
  for (const auto& layer : run.layers) {
    all += layer.parameters;
    frozen += layer.trainable ? 0 : layer.parameters;
    out += "<tr>" + cell(layer.name, false) + cell(layer.kind + (layer.trainable ? "" : " (frozen)"), false) + cell(layer.output, false) +
           cell(count_text(layer.parameters), true) + "</tr>\n";
  }
  return out + fmt::format("</table></details>\n<p>{} parameters{}</p>\n", count_text(all),
                           frozen > 0 ? ", " + count_text(frozen) + " of them frozen" : "");
}

std::string classes_html(const RunReport& run) {
  if (!run.confusion) return {};
  const ClassReport classes = class_report(*run.confusion, run.class_names);
  const plot::Figure picture = plot::confusion_picture(*run.confusion, run.class_names, "");
  std::string out = "<h3>Which class is taken for which (" + run.judged + " part)</h3>\n" + plot::to_svg(plot::draw(picture));
  std::vector<ClassScores> worst = classes.classes;
  std::stable_sort(worst.begin(), worst.end(), [](const auto& a, const auto& b) { return a.f1 < b.f1; });
  worst.push_back(classes.macro);
  out +=
      "<details><summary>scores by class, the worst first</summary><div class=\"wide\"><table><tr><th>class</th><th "
      "class=\"n\">samples</th><th "
      "class=\"n\">precision</th><th class=\"n\">sensitivity</th><th class=\"n\">specificity</th><th class=\"n\">F1</th><th>taken "
      "for</th></tr>\n";
  for (const auto& c : worst) {
    if (c.support == 0) continue;
    out += "<tr>" + cell(c.name, false) + cell(count_text(c.support), true);
    for (const double value : {c.precision, c.sensitivity, c.specificity, c.f1}) out += cell(fmt::format("{:.3f}", value), true);
    out += cell(c.taken_for < 0 ? "" : classes.classes[static_cast<std::size_t>(c.taken_for)].name, false) + "</tr>\n";
  }
  return out + "</table></div></details>\n";
}

std::string run_html(const RunReport& run) {
  std::string out = "<h2>" + html_text(run.name) + "</h2>\n";
  if (!run.verdict.words.empty()) out += "<p class=\"verdict\">" + html_text(run.verdict.text()) + "</p>\n";
  if (!run.missing.empty()) out += "<p>Left out, for it could not be read: " + html_text(run.missing) + "</p>\n";
  out += numbers_html(run) + curves_html(run) + data_html(run) + network_html(run) + classes_html(run);
  if (!run.mistakes.empty())
    out += "<h3>Mistaken with the greatest certainty</h3>\n<p>Above each image what it is, and what it was taken for.</p>\n" + run.mistakes;
  if (!run.keras.empty()) out += "<details><summary>The same in Keras</summary><pre>" + html_text(run.keras) + "</pre></details>\n";
  return out + "<details><summary>All settings: lehr fit --config with this file repeats the run</summary><pre>" + html_text(run.config) +
         "</pre></details>\n";
}

}  // namespace

std::string write_report(const RunFolder& folder, const FitJob& job, Model& model, const JobParts& parts) {
  std::string environment;
  for (const auto& [name, version] : library_versions()) environment += name + " " + version + "\n";
  try {
    RunReport report = collect_report(folder, job, model, parts);
    folder.write(criteria_file, criteria_json(report.criteria));
    folder.write("report.html", report_html({std::move(report)}, environment));
  } catch (const Error& error) {
    return std::string("warning: no report.html: ") + error.what();
  }
  return {};
}

std::string report_html(std::vector<RunReport> runs, const std::string& environment) {
  std::vector<RunCriteria> criteria;
  for (const auto& run : runs) criteria.push_back(run.criteria);
  mark_unbeaten(criteria);
  for (std::size_t i = 0; i < runs.size(); ++i) runs[i].criteria = criteria[i];
  const std::string title = runs.size() == 1 ? runs.front().name : std::to_string(runs.size()) + " runs";
  std::string out = page_begin(title);
  if (runs.size() > 1 || !std::isnan(runs.front().criteria.parameters)) out += criteria_html(runs);
  for (const auto& run : runs) out += run_html(run);
  return out + "<h2>Environment</h2>\n<pre>" + html_text(environment) +
         (runs.front().device.empty() ? "" : "\n" + html_text(runs.front().device)) + "</pre>\n</body></html>\n";
}

}  // namespace lehr
