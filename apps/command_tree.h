// command_tree.h: every subcommand and flag as the parser knows them, for the manual page and for completion in shells.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace lehr {

struct CommandDoc {
  struct Option {
    std::vector<std::string> names = {};  ///< "--seed", "-h"; for a positional its bare name
    std::string value = {};               ///< "INT"; empty for a flag
    std::string preset = {}, text = {};
    bool positional = false;
  };
  std::string path = {};  ///< "lehr data fetch"
  std::string summary = {};
  bool missing = false;  ///< named by the contract, not in this version
  std::vector<Option> options = {};
  std::vector<CommandDoc> commands = {};
};

CommandDoc command_tree(const CLI::App& app);

/// roff with the man macros, section 1.
std::string manual_page(const CommandDoc& program);

/// What may stand at a place where the parser itself knows no words: behind a flag ("--scale"), or as a command's argument ("lehr help").
using CompletionWords = std::map<std::string, std::vector<std::string>>;
std::string bash_completion(const CommandDoc& program, const CompletionWords& words);
std::string zsh_completion(const CommandDoc& program, const CompletionWords& words);

}  // namespace lehr
