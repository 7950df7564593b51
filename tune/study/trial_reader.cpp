#include "tune/study/trial_reader.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <limits>

#include "tune/study/distribution.h"

namespace lehr {

namespace {

TrialState state_from(const std::string& name) {
  for (const auto s : {TrialState::running, TrialState::complete, TrialState::pruned, TrialState::fail, TrialState::waiting})
    if (name == name_of(s)) return s;
  throw Error({.category = Category::data, .where = "table trials", .what = "unknown state", .got = name});
}

/// `2025-11-25 20:35:49.387827`, UTC.
double seconds_from(const std::string& text) {
  std::tm parts{};
  const char* rest = strptime(text.c_str(), "%Y-%m-%d %H:%M:%S", &parts);
  if (rest == nullptr) return 0;
  double fraction = 0;
  if (*rest == '.') fraction = std::atof(rest);
  return static_cast<double>(timegm(&parts)) + fraction;
}

double number_from(double value, soci::indicator present, const std::string& type) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (type == "INF_POS") return infinity;
  if (type == "INF_NEG") return -infinity;
  return type == "NAN" || present != soci::i_ok ? std::numeric_limits<double>::quiet_NaN() : value;
}

constexpr std::size_t block = 1000;

/// Up to `block` rows of each column at a time; `row(i)` gets each.
template <class Row, class... Columns>
void fetch(soci::statement& statement, Row&& row, Columns&... columns) {
  statement.execute();
  while (statement.fetch()) {
    const std::size_t n = std::get<0>(std::tie(columns...)).size();
    for (std::size_t i = 0; i < n; ++i) row(i);
    (columns.resize(block), ...);
  }
}

}  // namespace

Trial* TrialReader::by_id(std::int64_t id) {
  const auto found = at_.find(id);
  return found == at_.end() ? nullptr : &trials_[found->second];
}

const std::vector<Trial>& TrialReader::read(std::int64_t study, const Space& space) {
  std::string text = space.text();
  if (study != study_ || text != space_) {
    trials_.clear();
    at_.clear();
    study_ = study;
    space_ = std::move(text);
  }
  fresh_.clear();
  try {
    read_rows(study);
    if (!fresh_.empty()) read_details(space);
  } catch (...) {  // rows without their details must not stay
    study_ = -1;
    throw;
  }
  return trials_;
}

std::vector<Trial> TrialReader::take() {
  study_ = -1;
  return std::move(trials_);
}

void TrialReader::read_rows(std::int64_t study) {
  std::string unfinished = "0";
  std::int64_t last = 0;
  for (const Trial& t : trials_) {
    last = std::max(last, t.id);
    if (!t.finished()) unfinished += ", " + std::to_string(t.id);
  }
  std::vector<long long> ids(block), numbers(block);
  std::vector<std::string> states(block), starts(block), ends(block);
  std::vector<soci::indicator> no_start(block), no_end(block);
  const std::string text = "VARCHAR(32)";
  soci::statement statement = (db_.sql().prepare << "SELECT trial_id, number, CAST(state AS VARCHAR(8)), CAST(datetime_start AS " + text +
                                                        "), CAST(datetime_complete AS " + text +
                                                        ") FROM trials WHERE study_id = :s AND (trial_id > :l OR trial_id IN (" +
                                                        unfinished + ")) ORDER BY trial_id",
                               soci::use(study), soci::use(last), soci::into(ids), soci::into(numbers), soci::into(states),
                               soci::into(starts, no_start), soci::into(ends, no_end));
  fetch(
      statement,
      [&](std::size_t i) {
        Trial* t = by_id(ids[i]);
        if (t == nullptr) {
          at_[ids[i]] = trials_.size();
          trials_.emplace_back();
          t = &trials_.back();
        }
        *t = Trial{.id = ids[i], .number = numbers[i], .state = state_from(states[i])};
        if (no_start[i] == soci::i_ok) t->started = seconds_from(starts[i]);
        if (no_end[i] == soci::i_ok) t->ended = seconds_from(ends[i]);
        fresh_.push_back(ids[i]);
      },
      ids, numbers, states, starts, ends, no_start, no_end);
}

void TrialReader::read_details(const Space& space) {
  // A few by their ids, many by the study.
  std::string which = "trial_id IN (";
  if (fresh_.size() <= 200) {
    for (std::size_t i = 0; i < fresh_.size(); ++i) which += (i == 0 ? "" : ", ") + std::to_string(fresh_[i]);
    which += ")";
  } else {
    which += "SELECT trial_id FROM trials WHERE study_id = " + std::to_string(study_) +
             " AND trial_id >= " + std::to_string(*std::min_element(fresh_.begin(), fresh_.end())) + ")";
  }
  std::vector<std::int64_t> wanted = fresh_;
  std::sort(wanted.begin(), wanted.end());
  for (Trial& t : trials_)
    if (fresh_.size() > 200 && t.id >= wanted.front())
      t = Trial{.id = t.id, .number = t.number, .state = t.state, .started = t.started, .ended = t.ended};
  read_parameters(which, space);
  read_values(which);
  read_intermediate(which);
  read_attributes(which, "trial_user_attributes", true);
  read_attributes(which, "trial_system_attributes", false);
  for (const std::int64_t id : fresh_)  // kept as long as the study is open
    if (Trial* t = by_id(id); t != nullptr && t->finished()) {
      t->user_attrs.shrink_to_fit();
      t->system_attrs.shrink_to_fit();
      t->intermediate.shrink_to_fit();
    }
}

void TrialReader::read_parameters(const std::string& which, const Space& space) {
  std::vector<long long> ids(block);
  std::vector<std::string> names(block), distributions(block);
  std::vector<double> values(block);
  std::map<std::string, std::pair<const Hyperparameter*, std::string>, std::less<>> ours;  // our distribution needs no parsing
  for (const auto& p : space.parameters()) ours[p.name] = {&p, distribution_json(p)};
  std::map<std::int64_t, std::vector<std::pair<const Hyperparameter*, double>>> found;
  soci::statement statement =
      (db_.sql().prepare << "SELECT trial_id, param_name, param_value, distribution_json FROM trial_params WHERE " + which, soci::into(ids),
       soci::into(names), soci::into(values), soci::into(distributions));
  fetch(
      statement,
      [&](std::size_t i) {
        const auto known = ours.find(names[i]);
        if (known == ours.end()) return;
        const auto& [p, mine] = known->second;
        const bool listed = !p->categorical() && p->step && p->sampling != Sampling::linear;
        const auto value = mine == distributions[i] && !listed ? std::optional(values[i]) : value_from(*p, values[i], distributions[i]);
        if (value) found[ids[i]].emplace_back(p, *value);
      },
      ids, names, values, distributions);
  for (auto& [id, list] : found) {
    Trial* t = by_id(id);
    if (t == nullptr) continue;
    std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.first < b.first; });  // the space's order
    for (const auto& [p, value] : list) t->params.set(p->name, value);
  }
}

void TrialReader::read_values(const std::string& which) {
  std::vector<long long> ids(block);
  std::vector<int> objectives(block);
  std::vector<double> values(block);
  std::vector<soci::indicator> present(block);
  std::vector<std::string> types(block);
  soci::statement statement =
      (db_.sql().prepare << "SELECT trial_id, objective, value, CAST(value_type AS VARCHAR(8)) FROM trial_values WHERE " + which +
                                " ORDER BY objective",
       soci::into(ids), soci::into(objectives), soci::into(values, present), soci::into(types));
  fetch(
      statement,
      [&](std::size_t i) {
        if (Trial* t = by_id(ids[i])) t->values.push_back(number_from(values[i], present[i], types[i]));
      },
      ids, objectives, values, types, present);
}

void TrialReader::read_intermediate(const std::string& which) {
  std::vector<long long> ids(block), steps(block);
  std::vector<double> values(block);
  std::vector<soci::indicator> present(block);
  std::vector<std::string> types(block);
  soci::statement statement = (db_.sql().prepare << "SELECT trial_id, step, intermediate_value, CAST(intermediate_value_type AS "
                                                    "VARCHAR(8)) FROM trial_intermediate_values WHERE " +
                                                        which + " ORDER BY step",
                               soci::into(ids), soci::into(steps), soci::into(values, present), soci::into(types));
  fetch(
      statement,
      [&](std::size_t i) {
        if (Trial* t = by_id(ids[i])) t->intermediate.emplace_back(steps[i], number_from(values[i], present[i], types[i]));
      },
      ids, steps, values, types, present);
}

void TrialReader::read_attributes(const std::string& which, const std::string& table, bool user) {
  std::vector<long long> ids(block);
  std::vector<std::string> keys(block), values(block);
  soci::statement statement = (db_.sql().prepare << "SELECT trial_id, \"key\", value_json FROM " + table + " WHERE " + which,
                               soci::into(ids), soci::into(keys), soci::into(values));
  fetch(
      statement,
      [&](std::size_t i) {
        Trial* t = by_id(ids[i]);
        if (t == nullptr) return;
        JsonValue value = JsonValue::parse(values[i], table);
        if (!user && keys[i] == "lehr:stage") t->stage = stage_from_json(value);
        // Of a trial that has ended nobody asks whose it was: what is kept for ever stays small.
        if (value.is_null() || (!user && t->finished())) return;
        (user ? t->user_attrs : t->system_attrs).emplace_back(keys[i], std::move(value));
      },
      ids, keys, values);
}

}  // namespace lehr
