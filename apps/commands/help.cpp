// lehr help: parameters of anything that has a name, and the catalogues.
#include <CLI/CLI.hpp>
#include <algorithm>

#include "apps/command_tree.h"
#include "apps/console.h"
#include "apps/experiments/experiments.h"
#include "engine/data/data_catalogue.h"
#include "engine/data/fetch.h"
#include "engine/spec/help.h"
#include "engine/spec/names.h"
#include "kernels/bench.h"
#include "layers/catalogue.h"
#include "layers/losses.h"
#include "optim/catalogue.h"
#include "optim/schedule_catalogue.h"
#include "tune/baselines/baseline.h"
#include "tune/callback.h"
#include "tune/metric_list.h"
#include "tune/oracles/oracle.h"
#include "tune/pruners/pruner.h"

namespace lehr {

namespace {

struct Topic {
  std::string name;
  std::vector<SpecDoc> docs;
};

std::vector<Topic> topics() {
  return {{"layers", layer_catalogue().docs()},
          {"networks", network_catalogue().docs()},
          {"optimizers", optimizer_catalogue().docs()},
          {"schedules", schedule_catalogue().docs()},
          {"callbacks", callback_catalogue().docs()},
          {"losses", loss_docs()},
          {"metrics", metric_docs()},
          {"baselines", baseline_catalogue().docs()},
          {"oracles", oracle_catalogue().docs()},
          {"pruners", pruner_catalogue().docs()},
          {"data", data_catalogue().docs()}};
}

std::vector<std::string> experiment_names() {
  std::vector<std::string> out;
  for (const auto& e : experiments()) out.push_back(e.name);
  return out;
}

std::vector<std::string> names_of(const std::vector<SpecDoc>& docs) {
  std::vector<std::string> out;
  for (const auto& doc : docs) out.push_back(doc.name);
  return out;
}

/// Words for a shell to offer where the parser knows none.
CompletionWords completion_words() {
  CompletionWords out{{"--device", {"auto", "cpu", "cuda"}},
                      {"--precision", {"float32", "tf32", "mixed_bfloat16"}},
                      {"--scale", {"lecture", "laptop", "smoke"}},
                      {"--split", {"last", "random", "stratified"}},
                      {"--resize", {"nearest", "bilinear"}},
                      {"--color", {"rgb", "gray"}},
                      {"--preprocess", {"none", "vgg16"}},
                      {"--optimizer", optimizer_catalogue().names()},
                      {"--callback", callback_catalogue().names()},
                      {"--metrics", names_of(metric_docs())},
                      {"--loss", names_of(loss_docs())},
                      {"--data", data_catalogue().names()},
                      {"--model", network_catalogue().names()},
                      {"lehr experiment run", experiment_names()},
                      {"lehr experiment show", experiment_names()},
                      {"lehr data fetch", fetchable_sets()},
                      {"lehr bench step", {"vgg16", "cifar", "mlp"}},
                      {"lehr bench kernels", bench_families()}};
  auto& help = out["lehr help"];
  for (const auto& topic : topics()) {
    help.push_back(topic.name);
    for (const auto& doc : topic.docs) help.push_back(doc.name);
  }
  return out;
}

/// What `make install` lays beside the program; empty for another topic.
std::string installed_text(const CLI::App& app, const std::string& topic) {
  if (topic == "man") return manual_page(command_tree(app));
  if (topic == "bash-completion") return bash_completion(command_tree(app), completion_words());
  if (topic == "zsh-completion") return zsh_completion(command_tree(app), completion_words());
  return {};
}

bool answers_to(const SpecDoc& doc, const std::string& topic) {
  return same_name(doc.name, topic) || same_name(doc.class_name, topic) ||
         std::any_of(doc.aliases.begin(), doc.aliases.end(), [&](const std::string& alias) { return same_name(alias, topic); });
}

void help_command(Console& console, const CLI::App& app, const std::string& topic) {
  if (const std::string text = installed_text(app, topic); !text.empty()) {
    console.out << text;
    return;
  }
  if (topic.empty()) {
    console.out << app.help()
                << "\nlehr help NAME explains a layer, network, optimizer, schedule, callback, loss, metric or data set;\nlehr help "
                   "layers|networks|optimizers|schedules|callbacks|losses|metrics|baselines|data lists them;\nlehr help "
                   "man|bash-completion|zsh-completion prints "
                   "what make install lays down.\n";
    return;
  }
  std::vector<std::string> known;
  for (const auto& t : topics()) {
    known.push_back(t.name);
    if (same_name(t.name, topic)) {
      console.out << (console.json ? catalogue_json(t.docs).text(2) : catalogue_text(t.name, t.docs)) << '\n';
      return;
    }
    for (const auto& doc : t.docs) {
      known.push_back(doc.name);
      if (answers_to(doc, topic)) {
        console.out << (console.json ? help_json(doc).text(2) : help_text(doc)) << '\n';
        return;
      }
    }
  }
  throw Error(
      {.category = Category::usage,
       .where = "lehr help",
       .what = "there is no topic \"" + topic + "\"",
       .expected =
           "layers, networks, optimizers, schedules, callbacks, losses, metrics, baselines, oracles, pruners, data, or a name in them",
       .got = topic,
       .hint = did_you_mean(nearest(topic, known))});
}

}  // namespace

void add_help(CLI::App& app, Console& console) {
  auto* command = app.add_subcommand("help", "parameters of anything that has a name");
  auto topic = std::make_shared<std::string>();
  command->add_option("topic", *topic, "adam, conv2d, layers, ...");
  command->add_flag("--json", console.json, "as JSON");
  command->callback([&app, &console, topic] { help_command(console, app, *topic); });
}

}  // namespace lehr
