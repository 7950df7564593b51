// lehr help: parameters of anything that has a name, and the catalogues.
#include <CLI/CLI.hpp>

#include "apps/console.h"
#include "apps/not_yet.h"
#include "engine/data/data_catalogue.h"
#include "engine/spec/help.h"
#include "engine/spec/names.h"
#include "layers/catalogue.h"
#include "optim/catalogue.h"
#include "optim/schedule_catalogue.h"
#include "tune/callback.h"
#include "tune/oracles/oracle.h"
#include "tune/pruners/pruner.h"

namespace lehr {

namespace {

struct Topic {
  std::string name;
  std::vector<SpecDoc> docs;
};

std::vector<Topic> topics() {
  return {{"layers", layer_catalogue().docs()},         {"networks", network_catalogue().docs()},
          {"optimizers", optimizer_catalogue().docs()}, {"schedules", schedule_catalogue().docs()},
          {"callbacks", callback_catalogue().docs()},   {"oracles", oracle_catalogue().docs()},
          {"pruners", pruner_catalogue().docs()},       {"data", data_catalogue().docs()}};
}

void run(Console& console, const CLI::App& app, const std::string& topic) {
  if (topic.empty()) {
    console.out << app.help()
                << "\nlehr help NAME explains a layer, network, optimizer, schedule, callback, oracle, pruner or data set;\nlehr help "
                   "layers|networks|optimizers|schedules|callbacks|oracles|pruners|data lists them.\n";
    if (const std::string flags = missing_flags(app); !flags.empty()) console.out << "\nFlags not in this version yet:\n" << flags << '\n';
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
      if (same_name(doc.name, topic) || same_name(doc.class_name, topic)) {
        console.out << (console.json ? help_json(doc).text(2) : help_text(doc)) << '\n';
        return;
      }
    }
  }
  throw Error({.category = Category::usage,
               .where = "lehr help",
               .what = "there is no topic \"" + topic + "\"",
               .expected = "layers, networks, optimizers, schedules, callbacks, oracles, pruners, data, or a name in them",
               .got = topic,
               .hint = did_you_mean(nearest(topic, known))});
}

}  // namespace

void add_help(CLI::App& app, Console& console) {
  auto* command = app.add_subcommand("help", "parameters of anything that has a name");
  auto topic = std::make_shared<std::string>();
  command->add_option("topic", *topic, "adam, conv2d, layers, ...");
  command->add_flag("--json", console.json, "as JSON");
  command->callback([&app, &console, topic] { run(console, app, *topic); });
}

}  // namespace lehr
