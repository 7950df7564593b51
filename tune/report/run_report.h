// run_report.h: what `lehr report` shows of one run, gathered once: from its folder, its data and its weights. Whatever cannot be had any
// more (data that moved, a run without weights) is left out, and `missing` says so.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tune/confusion.h"
#include "tune/fit_job.h"
#include "tune/report/run_criteria.h"
#include "tune/run_folder.h"

namespace lehr {

struct DataPartFacts {
  std::string name = {};  ///< Train, Validation, Test
  std::int64_t samples = 0;
  std::string largest_class = {};
  double largest_share = 0;
};

struct LayerFacts {
  std::string name = {}, kind = {}, output = {};
  std::int64_t parameters = 0;
  bool trainable = true;
};

struct RunReport {
  std::string name = {}, config = {}, device = {};
  FitJob job = {};
  History history = {};
  Verdict verdict = {};
  std::vector<DataPartFacts> parts = {};
  std::string input = {}, source = {};
  std::int64_t classes = 0;
  std::vector<LayerFacts> layers = {};
  std::string keras = {};  ///< the same in Python
  RunCriteria criteria = {};
  std::string judged = {};  ///< the part that the following are about
  NamedValues evaluation = {};
  std::optional<ConfusionMatrix> confusion = {};
  std::vector<std::string> class_names = {};
  std::string mistakes = {};  ///< SVG: the images that were mistaken with the greatest certainty, no more than twelve
  std::string missing = {};
};

/// `given`: device, threads, data folder. Error{data} only where there is no such run.
RunReport collect_report(const std::string& run, const FitJob& given, bool judged = true);  ///< not judged: nothing is evaluated
/// The same of a run that has just ended, with its model and data at hand.
RunReport collect_report(const RunFolder& folder, const FitJob& job, Model& model, const JobParts& parts);

}  // namespace lehr
