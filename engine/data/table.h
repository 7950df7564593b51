// table.h: rows of a table between its file and a network. What a cell becomes depends on other rows (the median of a column, its categories), so a
// Dataset keeps the cells as they are, and TableEncoder learns from the rows that train, and from no others.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "engine/data/dataset.h"
#include "engine/data/feature_statistics.h"

namespace lehr {

struct TableColumn {
  std::string name;
  std::vector<std::string> words = {};  ///< sorted; a cell is the place of its word. Empty: cells are numbers
};

/// The columns of a Dataset's float64 x [n, columns]; NaN is a cell that holds nothing. What is to be made of them is csv(...)'s.
struct Table {
  std::string label = {};  ///< the column that became y
  std::vector<TableColumn> columns = {};
  std::string encode = "onehot", missing = "median", scale = "standard";
};

/// One column as features: a number is filled and scaled, a word becomes a column for each category, or the category's number.
struct ColumnEncoding {
  std::string name;
  std::vector<std::string> categories = {};                ///< sorted; empty: numbers
  double fill = std::numeric_limits<double>::quiet_NaN();  ///< or the place of a category; NaN: no cell may be empty
  FeatureScale scale = {};
};

/// Columns in the order of the table that was learned from, found by their names. As scikit-learn's pipeline of SimpleImputer and
/// StandardScaler (MinMaxScaler, RobustScaler) for numbers, of SimpleImputer(most_frequent) and OneHotEncoder(handle_unknown="ignore") or
/// OrdinalEncoder(unknown_value=-1) for words; a column without any value is left out, as there.
struct TableEncoder {
  std::string encode = "onehot";
  std::vector<ColumnEncoding> columns = {};
  std::string label = {};
  std::vector<std::string> classes = {};  ///< the label's words by id; empty: its column holds numbers

  std::int64_t features() const;
  Dataset apply(const Dataset& data) const;  ///< float32 x, y by this encoder's classes. Error{data} names column and row
  std::string json() const;
  static TableEncoder parse(const std::string& json, const std::string& file);  ///< Error{data} for anything else
};

TableEncoder fit_table(const Dataset& train);  ///< of a Dataset with a table; Error{data} where nothing is left to learn from

constexpr const char* table_file = "table.json";  ///< in a run's folder

}  // namespace lehr
