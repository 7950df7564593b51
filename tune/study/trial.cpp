#include "tune/study/trial.h"

#include <algorithm>
#include <array>

#include "kernels/error.h"

namespace lehr {

std::string_view name_of(TrialState state) {
  constexpr std::array names{"RUNNING", "COMPLETE", "PRUNED", "FAIL", "WAITING"};
  return names.at(static_cast<std::size_t>(state));
}

JsonValue to_json(const Stage& s) {
  JsonValue out = JsonValue::object({{"epochs", s.epochs}, {"initial_epoch", s.initial_epoch}, {"bracket", s.bracket}, {"round", s.round}});
  out["source"] = s.source ? JsonValue(*s.source) : JsonValue();
  return out;
}

Stage stage_from_json(const JsonValue& json) {
  Stage s{.epochs = json.at("epochs").integer(),
          .initial_epoch = json.at("initial_epoch").integer(),
          .bracket = json.at("bracket").integer(),
          .round = json.at("round").integer()};
  if (!json.at("source").is_null()) s.source = json.at("source").integer();
  return s;
}

namespace {

const JsonValue* attribute(const std::vector<std::pair<std::string, JsonValue>>& list, std::string_view key) {
  for (const auto& [name, value] : list)
    if (name == key) return &value;
  return nullptr;
}

}  // namespace

const JsonValue* Trial::user_attr(std::string_view key) const { return attribute(user_attrs, key); }
const JsonValue* Trial::system_attr(std::string_view key) const { return attribute(system_attrs, key); }

Objective objective_from(const std::string& text) {
  if (text.starts_with("max:")) return {.name = text.substr(4), .maximize = true};
  if (text.starts_with("min:")) return {.name = text.substr(4), .maximize = false};
  const std::string& name = text;
  std::string metric = name;
  for (const char* prefix : {"val_", "weighted_"})
    if (metric.starts_with(prefix)) metric = metric.substr(std::string_view(prefix).size());
  constexpr std::array up{"accuracy",
                          "acc",
                          "binary_accuracy",
                          "categorical_accuracy",
                          "sparse_categorical_accuracy",
                          "true_positives",
                          "true_negatives",
                          "precision",
                          "recall",
                          "auc",
                          "sensitivity_at_specificity",
                          "specificity_at_sensitivity",
                          "top_k_categorical_accuracy",
                          "sparse_top_k_categorical_accuracy",
                          "sensitivity",
                          "specificity",
                          "f1_score",
                          "f1",
                          "score",
                          "r2_score"};
  constexpr std::array down{"loss",
                            "crossentropy",
                            "ce",
                            "mse",
                            "mae",
                            "mean_squared_error",
                            "mean_absolute_error",
                            "MAE",
                            "MSE",
                            "binary_crossentropy",
                            "categorical_crossentropy",
                            "sparse_categorical_crossentropy",
                            "squared_hinge",
                            "hinge",
                            "huber",
                            "kl_divergence",
                            "log_cosh",
                            "poisson",
                            "root_mean_squared_error",
                            "mean_absolute_percentage_error",
                            "seconds",
                            "parameters",
                            "epochs"};
  if (std::find(up.begin(), up.end(), metric) != up.end()) return {.name = name, .maximize = true};
  if (std::find(down.begin(), down.end(), metric) != down.end()) return {.name = name, .maximize = false};
  throw Error({.category = Category::usage,
               .where = "--objective " + name,
               .what = "it is not known whether more of it is better",
               .expected = "a loss or metric, as val_loss or val_accuracy; seconds; parameters",
               .got = name,
               .hint = "Say it: --objective max:" + name + " or --objective min:" + name + "."});
}

}  // namespace lehr
