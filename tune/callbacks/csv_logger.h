// csv_logger.h: a row an epoch in a file of its own, byte for byte as Keras's CSVLogger writes it.
#pragma once

#include "tune/callback.h"

namespace lehr {

struct CSVLogger {
  static constexpr SpecInfo info{.name = "csv_logger",
                                 .class_name = "CSVLogger",
                                 .summary = "writes a row an epoch into a CSV file",
                                 .formula = "epoch (from 0), then the log's names in alphabetical order; NA where there is no value"};
  Required<std::string> filename = {};
  std::string separator = ",";
  bool append = false;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("filename", self.filename, "file; a relative name lies in the run folder");
    f("separator", self.separator, "between columns");
    f("append", self.append, "go on with a file that is there");
  }
};
std::unique_ptr<Callback> make_callback(const CSVLogger& spec);

}  // namespace lehr
