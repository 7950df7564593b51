// data_suspects.h: `lehr data suspects`.
#pragma once

#include "apps/console.h"

namespace lehr {

void add_data_suspects(CLI::App& data, Console& console);

}  // namespace lehr
