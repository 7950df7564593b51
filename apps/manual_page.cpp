// The manual page, from the parser's own lists: what it says cannot differ from what the program takes.
#include "apps/command_tree.h"

namespace lehr {

namespace {

/// Hyphens that are typed stay hyphens; a line of text never begins with a macro's mark.
std::string roff(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
  }
  return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

std::string options(const std::vector<CommandDoc::Option>& list) {
  std::string out;
  for (const auto& option : list) {
    if (option.names.front() == "--help") continue;
    out += ".TP\n";
    for (std::size_t i = 0; i < option.names.size(); ++i) out += (i == 0 ? "\\fB" : "\\fR, \\fB") + roff(option.names[i]);
    out += "\\fR" + (option.value.empty() || option.positional ? "" : " \\fI" + roff(option.value) + "\\fR") + "\n";
    out += roff(option.text) + (option.preset.empty() ? "" : " (" + roff(option.preset) + ")") + "\n";
  }
  return out;
}

/// Leaves, each with its options; a command that only holds others is their heading.
std::string commands(const CommandDoc& command) {
  if (command.missing) return {};
  std::string out;
  if (command.commands.empty()) out += ".SS " + roff(command.path) + "\n" + roff(command.summary) + "\n" + options(command.options);
  for (const CommandDoc& inner : command.commands) out += commands(inner);
  return out;
}

}  // namespace

std::string manual_page(const CommandDoc& program) {
  std::string page = ".TH LEHR 1 \"\" \"lehr\" \"User Commands\"\n.SH NAME\nlehr \\- " +
                     roff("train, evaluate and compare image networks") +
                     "\n.SH SYNOPSIS\n.B lehr\n\\fISUBCOMMAND\\fR [\\fIOPTIONS\\fR]\n.SH DESCRIPTION\n" + roff(program.summary) + "\n";
  page += ".PP\nA network, an optimizer, a data set, a callback is a line of text with Keras's names and defaults:\n.PP\n.nf\n" +
          roff(
              "  lehr fit --model 'conv2d(32, 3, activation=relu) | flatten | dense(10, softmax)' \\\n"
              "           --data digits --validation-split 0.2 --optimizer 'adam(1e-3)'") +
          "\n.fi\n.PP\n" + roff("lehr help NAME explains one of them, with every parameter.") + "\n.SH OPTIONS\n" +
          options(program.options);
  page += ".SH COMMANDS\n";
  for (const CommandDoc& command : program.commands) page += commands(command);
  page += ".SH FILES\n.TP\n.I runs/NAME/\n" +
          roff(
              "What a run leaves: config.toml (repeats it bit for bit), history.csv, history.json, log.jsonl, checkpoint.lehr, weights, "
              "curves.svg, curves.png.") +
          "\n.SH ENVIRONMENT\n.TP\n.B LEHR_DATA\n" + roff("A folder in which data sets are looked for, after --data-dir.") +
          "\n.SH EXIT STATUS\n" +
          roff("0 done, 1 the work failed, 2 usage, 3 data or file, 4 device, 130 interrupted with the state saved.") + "\n";
  return page;
}

}  // namespace lehr
