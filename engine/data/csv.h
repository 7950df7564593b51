// csv.h: tables in text (RFC 4180: quotes, doubled quotes, line breaks inside quotes; LF or CRLF; a byte order mark is skipped).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/data/data_spec.h"
#include "engine/data/dataset.h"

namespace lehr {

using CsvRow = std::vector<std::string>;

std::vector<CsvRow> parse_csv(std::string_view text, const std::string& file, char separator = ',');
/// Rows of numbers and words to x float32 [n, features] and y. Numbers are scaled by the whole table's figures.
Dataset load_csv(const CsvData& spec);

}  // namespace lehr
