#include "apps/command_tree.h"

#include <CLI/CLI.hpp>

namespace lehr {

namespace {

CommandDoc::Option option_doc(const CLI::Option& option) {
  CommandDoc::Option out{.preset = option.get_default_str(), .text = option.get_description(), .positional = option.get_positional()};
  if (out.positional) out.names.push_back(option.get_name(true));
  for (const auto& name : option.get_lnames()) out.names.push_back("--" + name);
  for (const auto& name : option.get_snames()) out.names.push_back("-" + name);
  if (option.get_items_expected_max() > 0) out.value = option.get_type_name();
  return out;
}

CommandDoc command_doc(const CLI::App& app, const std::string& path) {
  CommandDoc out{.path = path, .summary = app.get_description(), .missing = app.get_group().starts_with("Not in this version")};
  for (const CLI::Option* option : app.get_options([](const CLI::Option*) { return true; })) out.options.push_back(option_doc(*option));
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    out.commands.push_back(command_doc(*command, path + " " + command->get_name()));
  return out;
}

}  // namespace

CommandDoc command_tree(const CLI::App& app) { return command_doc(app, "lehr"); }

}  // namespace lehr
