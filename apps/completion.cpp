// Completion for bash and zsh: one table of words a place, and a few lines that walk it.
#include "apps/command_tree.h"

namespace lehr {

namespace {

std::string joined_words(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

/// `    'lehr data') words='list inspect …' ;;` for every command.
void cases(const CommandDoc& command, const CompletionWords& more, bool commands_only, std::string& out) {
  if (command.missing) return;
  std::vector<std::string> words;
  for (const CommandDoc& inner : command.commands)
    if (!inner.missing) words.push_back(inner.path.substr(command.path.size() + 1));
  if (!commands_only) {
    if (const auto found = more.find(command.path); found != more.end())
      words.insert(words.end(), found->second.begin(), found->second.end());
    for (const auto& option : command.options)
      for (const std::string& name : option.names)
        if (name.starts_with("--")) words.push_back(name);
  }
  if (!words.empty()) out += "    '" + command.path + "') echo '" + joined_words(words) + "' ;;\n";
  for (const CommandDoc& inner : command.commands) cases(inner, more, commands_only, out);
}

/// Three functions that both shells read.
std::string tables(const CommandDoc& program, const CompletionWords& words) {
  std::string out = "_lehr_commands() {\n  case \"$1\" in\n";
  cases(program, words, true, out);
  out += "  esac\n}\n_lehr_words() {\n  case \"$1\" in\n";
  cases(program, words, false, out);
  out += "  esac\n}\n_lehr_values() {\n  case \"$1\" in\n";
  for (const auto& [place, list] : words)
    if (place.starts_with("--")) out += "    " + place + ") echo '" + joined_words(list) + "' ;;\n";
  return out + "  esac\n}\n";
}

}  // namespace

std::string bash_completion(const CommandDoc& program, const CompletionWords& words) {
  return "# bash completion for lehr\n" + tables(program, words) + R"sh(_lehr() {
  local current="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}" path=lehr word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="${COMP_WORDS[i]}"
    [[ " $(_lehr_commands "$path") " == *" $word "* ]] && path+=" $word"
  done
  local list
  list="$(_lehr_values "$before")"
  [[ -n "$list" ]] || list="$(_lehr_words "$path")"
  COMPREPLY=($(compgen -W "$list" -- "$current"))
}
complete -o bashdefault -o default -F _lehr lehr
)sh";
}

std::string zsh_completion(const CommandDoc& program, const CompletionWords& words) {
  return "#compdef lehr\n" + tables(program, words) + R"sh(_lehr() {
  local before="${words[CURRENT-1]}" path_so_far=lehr word list i
  for ((i = 2; i < CURRENT; i++)); do
    word="${words[i]}"
    [[ " $(_lehr_commands "$path_so_far") " == *" $word "* ]] && path_so_far+=" $word"
  done
  list="$(_lehr_values "$before")"
  [[ -n "$list" ]] || list="$(_lehr_words "$path_so_far")"
  compadd -- ${=list}
  _files
}
_lehr "$@"
)sh";
}

}  // namespace lehr
