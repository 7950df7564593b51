// golden_ran.h: tells tests/golden/golden_cases.py which recorded case was compared.
#pragma once

#include <cstdlib>
#include <fstream>
#include <string>

namespace lehr::check {

/// After a case's checks: a line `file, tab, case` in the file that LEHR_GOLDEN_RAN names; nothing where it names none.
inline void golden_ran(const std::string& file, const std::string& name) {
  if (const char* log = std::getenv("LEHR_GOLDEN_RAN")) std::ofstream(log, std::ios::app) << file << '\t' << name << '\n';
}

}  // namespace lehr::check
