// event_log.h: log.jsonl read back.
#pragma once

#include <string_view>
#include <vector>

#include "tune/history.h"

namespace lehr {

/// Whole lines only: a torn last line, as a killed program leaves it, is dropped. Error{data} for any other damaged line.
std::vector<Event> parse_event_log(std::string_view text, std::string_view file = "log.jsonl");

}  // namespace lehr
