// not_yet.h: the commands that have a name in the command's contract and are not in this version. What is there is never listed,
// so nothing that a person may have read about is silently absent.
#pragma once

namespace CLI {
class App;
}

namespace lehr {

/// After all other commands: each missing command appears in a section of its own in --help, and running it is Error{usage}.
void add_not_yet(CLI::App& app);

}  // namespace lehr
