// exclusion.h: samples that are left out when a set is read, by name: of files `Train/image_7.jpg`, as below the set's root; of arrays
// `Train:7`, the row from 0. A list is a text file with a name a line; what follows a tab is for people, and so are lines that begin with #.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lehr {

struct DataSplits;

class Exclusion {
 public:
  explicit Exclusion(const std::vector<std::string>& names);
  static Exclusion read(const std::string& file);  ///< Error{data} where there is no such file, or no name in it
  bool names(const std::string& sample);           ///< and remembers that the sample was met
  /// Rows that have no file, or whose file was met while it was listed already, go. A part of which nothing is left is gone.
  void apply(DataSplits& data);
  std::int64_t met() const;
  std::vector<std::string> unmet() const;  ///< names that nothing had so far

 private:
  std::map<std::string, bool, std::less<>> names_;
};

std::string row_name(std::string_view part, std::int64_t row);  ///< Train:7

}  // namespace lehr
