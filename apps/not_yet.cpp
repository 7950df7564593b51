#include "apps/not_yet.h"

#include <array>
#include <string_view>
#include <utility>

#include <CLI/CLI.hpp>

#include "kernels/error.h"

namespace lehr {

namespace {

using Missing = std::pair<std::string_view, std::string_view>;

constexpr std::array commands{
    Missing{"lab", "inside the optimizer: probe, duel, fork, landscape, hessian, noise-scale, lr-surface"},
    Missing{"bench data", "how fast samples are read"},
};

template <class App>
App* find(App& parent, std::string_view name) {
  for (auto* command : parent.get_subcommands([](const CLI::App*) { return true; }))
    if (command->get_name() == name) return command;
  return nullptr;
}

}  // namespace

void add_not_yet(CLI::App& app) {
  for (const auto& [path, summary] : commands) {
    const auto space = path.find(' ');
    CLI::App* parent = space == std::string_view::npos ? &app : find(app, path.substr(0, space));
    const std::string name(path.substr(space == std::string_view::npos ? 0 : space + 1));
    if (parent == nullptr || find(*parent, name) != nullptr) continue;
    CLI::App* command = parent->add_subcommand(name, std::string(summary))->group("Not in this version yet")->allow_extras();
    command->callback([where = "lehr " + std::string(path)] {
      throw Error(
          {.category = Category::usage, .where = where, .what = "is not in this version yet", .hint = "lehr --help lists what there is."});
    });
  }
}

}  // namespace lehr
