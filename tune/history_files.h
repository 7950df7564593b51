// history_files.h: a History as the files of a run folder, and back.
#pragma once

#include <string>
#include <string_view>

#include "tune/history.h"

namespace lehr {

/// One row an epoch, epochs from 0, columns by name, numbers in their shortest exact form, `nan` where there is none.
std::string history_csv(const History& history);
/// Reads ours and Keras's CSVLogger (\r\n, `NA`, any separator of , ; tab). Error{data} names file and line.
History parse_history_csv(std::string_view text, std::string_view file = "history.csv");

std::string history_json(const History& history);  ///< {"epoch":[…],"history":{name:[…]}}, NaN as null
std::string event_json(const Event& event);        ///< one line of log.jsonl, without the newline

}  // namespace lehr
