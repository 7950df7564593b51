// run_criteria.h: what a model costs beside what it reaches: the criteria of 16.1 (computational expense, resources, complexity), and which
// runs no other one beats on all of them.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "tune/history.h"
#include "tune/model.h"

namespace lehr {

/// NaN: not known, and not compared.
struct RunCriteria {
  static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  std::string run = {};
  std::string data = {};  ///< only runs on the same data are compared
  std::int64_t epochs = 0;
  double val_loss = unknown, val_accuracy = unknown;  ///< of the best epoch by each
  double parameters = unknown;
  double flops = unknown;      ///< of one sample's prediction; multiply-adds count two
  double seconds = unknown;    ///< all epochs together
  double latency_s = unknown;  ///< prediction of one sample, median of several, measured now
  double memory = unknown;     ///< bytes held while training, as planned
  double bytes = unknown;      ///< of the weights, as float32
  bool unbeaten = false;       ///< no other run is at least as good everywhere and better somewhere
};

/// What the history alone says.
RunCriteria criteria_of(const std::string& run, const History& history);
/// Adds what model and data say; measures the latency on the spot. `training` and `validation` are not trained on: plans are laid out only.
void add_model_criteria(RunCriteria& criteria, Model& model, const Dataset& training, const Dataset* validation, std::int64_t batch_size);
/// What add_model_criteria found, for a run's folder, and back: who lists runs loads no model.
constexpr const char* criteria_file = "criteria.json";
std::string criteria_json(const RunCriteria& criteria);
void add_written_criteria(RunCriteria& criteria, const std::string& json, const std::string& file);
void mark_unbeaten(std::vector<RunCriteria>& runs);

/// A table for people; an asterisk marks the unbeaten.
std::string criteria_table(const std::vector<RunCriteria>& runs);
/// The columns of the table as text, in its order, for other renderings.
std::vector<std::string> criteria_names();
std::vector<std::string> criteria_texts(const RunCriteria& criteria);

}  // namespace lehr
