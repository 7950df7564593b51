#include "tune/report/study_html.h"

#include <fmt/format.h>
#include <algorithm>

#include "tune/format.h"
#include "tune/report/page.h"
#include "tune/report/study_figures.h"

namespace lehr {

namespace {

std::string numbers_html(const TuneResult& r) {
  std::string out = "<ul class=\"numbers\">";
  const auto add = [&](const std::string& name, const std::string& value) {
    out += "<li>" + html_text(name) + "<b>" + html_text(value) + "</b></li>";
  };
  std::int64_t complete = 0, pruned = 0, failed = 0;
  double seconds = 0;
  for (const Trial& t : r.trials) {
    complete += t.state == TrialState::complete ? 1 : 0;
    pruned += t.state == TrialState::pruned ? 1 : 0;
    failed += t.state == TrialState::fail ? 1 : 0;
    seconds += t.seconds();
  }
  if (r.best != nullptr) add("best " + r.objectives.at(0).name, metric_text(r.best->values.at(0)));
  add("trials", count_text(std::ssize(r.trials)));
  if (pruned > 0) add("stopped early", count_text(pruned));
  if (failed > 0) add("failed", count_text(failed));
  if (r.epochs_run > 0) add("epochs", count_text(r.epochs_run));
  add("time of all trials", duration_text(seconds));
  return out + "</ul>\n";
}

std::string best_html(const TuneResult& r, const TuneJob& job) {
  if (r.best == nullptr) return "<p>No trial ended well yet.</p>\n";
  std::string out = fmt::format("<p class=\"verdict\">trial {}: {}</p>\n", r.best->number + 1, html_text(r.space.label(r.best->params)));
  if (job.command.empty())
    out += "<p>Trains it again, to the same bits:</p>\n<pre>" + html_text(fit_command(job, r.space, *r.best)) + "</pre>\n";
  return out;
}

std::string trials_html(const TuneResult& r) {
  constexpr std::size_t most = 1000;
  std::vector<const Trial*> order;
  for (const Trial& t : r.trials) order.push_back(&t);
  const bool maximize = r.objectives.at(0).maximize;
  std::stable_sort(order.begin(), order.end(), [&](const Trial* a, const Trial* b) {
    const bool x = a->state == TrialState::complete && !a->values.empty(), y = b->state == TrialState::complete && !b->values.empty();
    if (x != y) return x;
    return x && (maximize ? a->values[0] > b->values[0] : a->values[0] < b->values[0]);
  });
  if (order.size() > most) order.resize(most);
  std::string out =
      fmt::format(R"(<details><summary>trials, the best first{}</summary><div class="wide"><table><tr><th class="n">trial</th>)",
                  r.trials.size() > most ? fmt::format(" ({} of {})", most, r.trials.size()) : "");
  for (const auto& o : r.objectives) out += "<th class=\"n\">" + html_text(o.name) + "</th>";
  for (const auto& p : r.space.parameters()) out += "<th class=\"n\">" + html_text(p.name) + "</th>";
  out += "<th class=\"n\">epochs</th><th class=\"n\">seconds</th><th>state</th></tr>\n";
  for (const Trial* t : order) {
    out += "<tr>" + cell(std::to_string(t->number + 1), true);
    for (std::size_t k = 0; k < r.objectives.size(); ++k) out += cell(k < t->values.size() ? metric_text(t->values[k]) : "", true);
    for (const auto& p : r.space.parameters()) {
      const double* v = t->params.find(p.name);
      out += cell(v != nullptr ? p.label(*v) : "", true);
    }
    const JsonValue* reason = t->user_attr("reason");
    out +=
        cell(t->stage.epochs > 0 ? fmt::format("{}-{}", t->stage.initial_epoch + 1, t->stage.epochs) : std::to_string(trained_epochs(*t)),
             true) +
        cell(fmt::format("{:.1f}", t->seconds()), true) +
        cell(std::string(name_of(t->state)) + (reason != nullptr ? ": " + reason->string() : ""), false) + "</tr>\n";
  }
  return out + "</table></div></details>\n";
}

}  // namespace

std::string study_html(const TuneResult& r, const TuneJob& job, const std::string& environment) {
  std::string out = page_begin(r.study) + numbers_html(r) + best_html(r, job);
  for (const auto& f : study_figures(r))
    out += "<h3>" + html_text(f.name) + "</h3>\n<p>" + html_text(f.caption) + "</p>\n" + panels(f.figure);
  out += "<h2>Trials</h2>\n" + trials_html(r) + "<h2>Space</h2>\n<pre>" + html_text(r.space.text()) + "</pre>\n<p>oracle: <code>" +
         html_text(job.oracle) + "</code>" + (job.pruner.empty() ? "" : ", pruner: <code>" + html_text(job.pruner) + "</code>") + "</p>\n";
  return out + "<h2>Environment</h2>\n<pre>" + html_text(environment) + "</pre>\n</body></html>\n";
}

}  // namespace lehr
