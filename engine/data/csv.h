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
/// A cell to write: in quotes where it holds the separator, a quote or a line break, as Python's csv writes it.
std::string csv_field(const std::string& text, char separator = ',');
/// Cells as they are (table.h) and labels. What is made of them is learned from the rows that train.
Dataset load_csv(const CsvData& spec);
Dataset load_csv_inputs(const std::string& file);  ///< every column, no labels: rows to predict

}  // namespace lehr
