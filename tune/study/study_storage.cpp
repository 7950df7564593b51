#include "tune/study/study_storage.h"

#include <algorithm>
#include <cmath>

#include "tune/study/database.h"
#include "tune/study/distribution.h"
#include "tune/study/trial_reader.h"

namespace lehr {

namespace {

constexpr const char* lease_key = "lehr:lease";
constexpr const char* stage_key = "lehr:stage";

std::string value_type(double v) { return std::isnan(v) ? "NAN" : std::isfinite(v) ? "FINITE" : v > 0 ? "INF_POS" : "INF_NEG"; }

/// Statements about one trial, inside a transaction.
class TrialWriter {
 public:
  TrialWriter(Database& db, std::int64_t trial) : db_(db), trial_(trial) {}

  void attribute(const std::string& table, const std::string& key, const std::string& json) {
    auto& sql = db_.sql();
    sql << "INSERT INTO " + table +
               " (trial_id, \"key\", value_json) VALUES (:t, :k, :v) ON CONFLICT (trial_id, \"key\") DO UPDATE SET value_json = "
               "excluded.value_json",
        soci::use(trial_), soci::use(key), soci::use(json);
  }
  void user(const std::string& key, const JsonValue& value) { attribute("trial_user_attributes", key, value.text()); }
  void system(const std::string& key, const std::string& json) { attribute("trial_system_attributes", key, json); }

  void beat() {
    db_.sql() << "INSERT INTO trial_heartbeats (trial_id, heartbeat) VALUES (:t, " + db_.now() +
                     ") ON CONFLICT (trial_id) DO UPDATE SET heartbeat = " + db_.now(),
        soci::use(trial_);
  }

  void parameters(const Space& space, const Values& values) {
    for (const auto& p : space.parameters()) {
      const double* v = values.find(p.name);
      if (v == nullptr) continue;
      const double stored = stored_value(p, *v);
      const std::string distribution = distribution_json(p);
      db_.sql() << "INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) VALUES (:t, :n, :v, :d)",
          soci::use(trial_), soci::use(p.name), soci::use(stored), soci::use(distribution);
    }
  }

  void intermediate(std::int64_t step, double value) {
    const std::string type = value_type(value);
    double finite = std::isfinite(value) ? value : 0;
    soci::indicator present = std::isfinite(value) ? soci::i_ok : soci::i_null;
    const std::string cast = db_.cast(":y", "trialintermediatevaluetype");
    db_.sql()
        << "INSERT INTO trial_intermediate_values (trial_id, step, intermediate_value, intermediate_value_type) VALUES (:t, :s, :v, " +
               cast +
               ") ON CONFLICT (trial_id, step) DO UPDATE SET intermediate_value = excluded.intermediate_value, intermediate_value_type = "
               "excluded.intermediate_value_type",
        soci::use(trial_), soci::use(step), soci::use(finite, present), soci::use(type);
  }

  void value(int objective, double value) {
    const std::string type = value_type(value);
    double finite = std::isfinite(value) ? value : 0;
    soci::indicator present = std::isfinite(value) ? soci::i_ok : soci::i_null;
    db_.sql() << "INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES (:t, :o, :v, " +
                     db_.cast(":y", "trialvaluetype") +
                     ") ON CONFLICT (trial_id, objective) DO UPDATE SET value = excluded.value, value_type = excluded.value_type",
        soci::use(trial_), soci::use(objective), soci::use(finite, present), soci::use(type);
  }

  void state(TrialState state) {
    const std::string name(name_of(state));
    const std::string cast = db_.cast(":s", "trialstate");
    if (state == TrialState::waiting || state == TrialState::running) {
      db_.sql() << "UPDATE trials SET state = " + cast + ", datetime_start = '" + db_.utc_now() +
                       "', datetime_complete = NULL WHERE trial_id = :t",
          soci::use(name), soci::use(trial_);
    } else {
      db_.sql() << "UPDATE trials SET state = " + cast + ", datetime_complete = '" + db_.utc_now() + "' WHERE trial_id = :t",
          soci::use(name), soci::use(trial_);
    }
  }

 private:
  Database& db_;
  std::int64_t trial_;
};

}  // namespace

const JsonValue* StudyInfo::attribute(std::string_view key) const {
  for (const auto& [name, value] : attributes)
    if (name == key) return &value;
  return nullptr;
}

struct StudyStorage::State {
  explicit State(const std::string& url) : db(url), reader(db) {}
  Database db;
  TrialReader reader;
  std::int64_t leases = 0;

  void lock_study(std::int64_t study) {
    std::int64_t id = 0;
    if (db.postgres()) db.sql() << "SELECT study_id FROM studies WHERE study_id = :s FOR UPDATE", soci::use(study), soci::into(id);
  }

  bool holds(const Lease& lease) {
    std::string found;
    soci::indicator present = soci::i_null;
    if (db.postgres()) {
      std::int64_t id = 0;
      db.sql() << "SELECT trial_id FROM trials WHERE trial_id = :t FOR UPDATE", soci::use(lease.trial), soci::into(id);
    }
    db.sql() << "SELECT value_json FROM trial_system_attributes WHERE trial_id = :t AND \"key\" = 'lehr:lease'", soci::use(lease.trial),
        soci::into(found, present);
    return found == lease.text && state_of(lease.trial) == "RUNNING";
  }

  static const Trial* leased(const std::vector<Trial>& trials, const Lease& lease) {
    if (lease.text.empty()) return nullptr;
    for (const Trial& t : trials)
      if (const JsonValue* held = t.system_attr(lease_key); held != nullptr && t.id == lease.trial && held->text() == lease.text) return &t;
    return nullptr;
  }

  std::string state_of(std::int64_t trial) {
    std::string state;
    soci::indicator present = soci::i_null;
    db.sql() << "SELECT CAST(state AS VARCHAR(8)) FROM trials WHERE trial_id = :t", soci::use(trial), soci::into(state, present);
    return state;
  }

  /// Runs `work` where the lease still holds.
  template <class Work>
  bool fenced(const Lease& lease, Work&& work) {
    return db.transaction([&] {
      if (!holds(lease)) return false;
      TrialWriter writer(db, lease.trial);
      work(writer);
      return true;
    });
  }

  Lease take(Trial& trial, std::int64_t attempt) {
    Lease lease{.trial = trial.id,
                .text = JsonValue::object({{"owner", process_name()}, {"lease", ++leases}, {"attempt", attempt}}).text()};
    TrialWriter writer(db, trial.id);
    writer.system(lease_key, lease.text);
    writer.beat();
    trial.state = TrialState::running;
    return lease;
  }

  std::int64_t insert(const StudyInfo& study, std::int64_t number) {
    const std::string start = db.utc_now();
    std::int64_t id = 0;
    db.sql() << "INSERT INTO trials (number, study_id, state, datetime_start) VALUES (:n, :s, " + db.cast("'RUNNING'", "trialstate") +
                    ", '" + start + "')",
        soci::use(number), soci::use(study.id);
    db.sql() << "SELECT max(trial_id) FROM trials WHERE study_id = :s AND number = :n", soci::use(study.id), soci::use(number),
        soci::into(id);
    return id;
  }

  std::optional<double> silent_for(std::int64_t trial) {
    double age = 0;
    soci::indicator present = soci::i_null;
    db.sql() << "SELECT CAST(" + db.age("heartbeat") + " AS DOUBLE PRECISION) FROM trial_heartbeats WHERE trial_id = :t", soci::use(trial),
        soci::into(age, present);
    if (!db.sql().got_data() || present != soci::i_ok) return {};
    return age;
  }

  std::optional<Claimed> take_over(const std::vector<Trial>& trials, double lease_seconds) {
    for (const Trial& t : trials) {
      if (t.state != TrialState::running) continue;
      const JsonValue* lease = t.system_attr(lease_key);
      const auto silent = silent_for(t.id);
      const bool gone = lease != nullptr && process_gone(lease->at("owner").string());
      // Without lease and heartbeat it is another program's, which never said that it lives.
      if (!gone && !(silent && *silent > lease_seconds)) continue;
      const std::int64_t attempt = lease != nullptr ? lease->at("attempt").integer() + 1 : 2;
      if (attempt > most_attempts) {
        TrialWriter writer(db, t.id);
        writer.user("reason", "its worker died " + std::to_string(most_attempts) + " times");
        writer.state(TrialState::fail);
        continue;
      }
      Claimed out{.trial = t, .taken_over = true};
      out.lease = take(out.trial, attempt);
      return out;
    }
    return {};
  }

  static constexpr std::int64_t most_attempts = 5;
};

StudyStorage::StudyStorage(const std::string& url) : state_(std::make_unique<State>(url)) {}
StudyStorage::StudyStorage(StudyStorage&&) noexcept = default;
StudyStorage& StudyStorage::operator=(StudyStorage&&) noexcept = default;
StudyStorage::~StudyStorage() = default;
void StudyStorage::on_trouble(std::function<bool(const std::string&)> call) { state_->db.on_trouble(std::move(call)); }
const std::string& StudyStorage::url() const { return state_->db.url(); }

std::optional<StudyInfo> StudyStorage::find(const std::string& name) {
  return state_->db.transaction([&]() -> std::optional<StudyInfo> {
    auto& sql = state_->db.sql();
    StudyInfo out{.name = name};
    soci::indicator present = soci::i_null;
    sql << "SELECT study_id FROM studies WHERE study_name = :n", soci::use(name), soci::into(out.id, present);
    if (!sql.got_data()) return {};
    soci::rowset<std::string> directions =
        (sql.prepare << "SELECT CAST(direction AS VARCHAR(8)) FROM study_directions WHERE study_id = :s ORDER BY objective",
         soci::use(out.id));
    for (const auto& d : directions) out.maximize.push_back(d == "MAXIMIZE");
    soci::rowset<soci::row> attributes =
        (sql.prepare << "SELECT \"key\", value_json FROM study_user_attributes WHERE study_id = :s", soci::use(out.id));
    for (const auto& row : attributes)
      out.attributes.emplace_back(row.get<std::string>(0), JsonValue::parse(row.get<std::string>(1), "study attribute"));
    return out;
  });
}

std::vector<std::string> StudyStorage::names() {
  return state_->db.transaction([&] {
    soci::rowset<std::string> names = (state_->db.sql().prepare << "SELECT study_name FROM studies ORDER BY study_id");
    return std::vector<std::string>(names.begin(), names.end());
  });
}

StudyInfo StudyStorage::create(const std::string& name, const std::vector<bool>& maximize) {
  if (name.empty() || name.size() > 512)
    throw Error({.category = Category::usage, .where = "--study", .what = "a name has 1 to 512 bytes", .got = std::to_string(name.size())});
  if (find(name))
    throw Error({.category = Category::usage,
                 .where = "--study " + name,
                 .what = "the name is taken in " + url(),
                 .hint = "Leave --new out to go on with it, or choose another name."});
  state_->db.transaction([&] {
    auto& sql = state_->db.sql();
    sql << "INSERT INTO studies (study_name) VALUES (:n)", soci::use(name);
    std::int64_t id = 0;
    sql << "SELECT study_id FROM studies WHERE study_name = :n", soci::use(name), soci::into(id);
    for (std::size_t i = 0; i < maximize.size(); ++i) {
      const int objective = static_cast<int>(i);
      const std::string direction = maximize[i] ? "MAXIMIZE" : "MINIMIZE";
      sql << "INSERT INTO study_directions (direction, study_id, objective) VALUES (" + state_->db.cast(":d", "studydirection") +
                 ", :s, :o)",
          soci::use(direction), soci::use(id), soci::use(objective);
    }
  });
  return find(name).value();
}

void StudyStorage::set_attribute(const StudyInfo& study, const std::string& key, const JsonValue& value) {
  const std::string json = value.text();
  state_->db.transaction([&] {
    state_->db.sql() << "INSERT INTO study_user_attributes (study_id, \"key\", value_json) VALUES (:s, :k, :v) ON CONFLICT (study_id, "
                        "\"key\") DO UPDATE SET value_json = "
                        "excluded.value_json",
        soci::use(study.id), soci::use(key), soci::use(json);
  });
}

std::vector<Trial> StudyStorage::trials(const StudyInfo& study, const Space& space) {
  return state_->db.transaction([&] { return state_->reader.read(study.id, space); });
}

std::vector<Trial> StudyStorage::take_trials(const StudyInfo& study, const Space& space) {
  return state_->db.transaction([&] {
    state_->reader.read(study.id, space);
    return state_->reader.take();
  });
}

void StudyStorage::look(const StudyInfo& study, const Space& space, const std::function<void(const std::vector<Trial>&)>& at) {
  state_->db.transaction([&] { at(state_->reader.read(study.id, space)); });
}

std::optional<Claimed> StudyStorage::claim(
    const StudyInfo& study, const Space& space, double lease_seconds,
    const std::function<std::optional<std::pair<Values, Stage>>(const std::vector<Trial>&)>& propose) {
  auto& s = *state_;
  Claimed unanswered;  // what an attempt took whose COMMIT nobody answered: it may be ours
  return s.db.transaction([&]() -> std::optional<Claimed> {
    s.lock_study(study.id);
    const auto& trials = s.reader.read(study.id, space);
    if (const Trial* t = s.leased(trials, unanswered.lease)) {
      unanswered.trial = *t;
      return unanswered;
    }
    const auto taken = [&](Claimed claimed) { return unanswered = std::move(claimed); };
    if (auto dead = s.take_over(trials, lease_seconds)) return taken(*std::move(dead));
    for (const Trial& t : trials) {
      if (t.state != TrialState::waiting) continue;
      Claimed out{.trial = t, .taken_over = t.system_attr(stage_key) != nullptr};
      TrialWriter writer(s.db, t.id);
      if (const JsonValue* fixed = t.system_attr("fixed_params"); fixed != nullptr && t.params.empty()) {  // Optuna's enqueue_trial
        out.trial.params = space.fill([&](const Hyperparameter& p) {
          const JsonValue* value = fixed->find(p.name);
          return value == nullptr ? p.default_value() : p.from_json(*value).value_or(p.default_value());
        });
        writer.parameters(space, out.trial.params);
      }
      writer.state(TrialState::running);
      out.lease = s.take(out.trial, 1);
      return taken(std::move(out));
    }
    const auto proposed = propose(trials);
    if (!proposed) return {};
    Claimed out;
    out.trial.number = std::ssize(trials);
    out.trial.params = proposed->first;
    out.trial.stage = proposed->second;
    out.trial.id = s.insert(study, out.trial.number);
    TrialWriter writer(s.db, out.trial.id);
    writer.parameters(space, out.trial.params);
    writer.system(stage_key, to_json(out.trial.stage).text());
    out.lease = s.take(out.trial, 1);
    return taken(std::move(out));
  });
}

bool StudyStorage::heartbeat(const Lease& lease) {
  return state_->fenced(lease, [](TrialWriter& w) { w.beat(); });
}

bool StudyStorage::report(const Lease& lease, const std::vector<std::pair<std::int64_t, double>>& values) {
  return state_->fenced(lease, [&](TrialWriter& w) {
    for (const auto& [step, value] : values) w.intermediate(step, value);
    w.beat();
  });
}

bool StudyStorage::set_trial_attribute(const Lease& lease, const std::string& key, const JsonValue& value) {
  return state_->fenced(lease, [&](TrialWriter& w) { w.user(key, value); });
}

bool StudyStorage::finish(const Lease& lease, TrialState state, const std::vector<double>& values,
                          const std::vector<std::pair<std::string, JsonValue>>& attributes) {
  bool asked = false;
  return state_->db.transaction([&] {
    // Ended by an attempt whose COMMIT nobody answered: nobody else can have ended it otherwise than that.
    if (!state_->holds(lease)) return asked && state_->state_of(lease.trial) == name_of(state);
    asked = true;
    TrialWriter w(state_->db, lease.trial);
    for (std::size_t i = 0; i < values.size(); ++i) w.value(static_cast<int>(i), values[i]);
    for (const auto& [key, value] : attributes) w.user(key, value);
    w.state(state);
    return true;
  });
}

bool StudyStorage::requeue(const Lease& lease) {
  return state_->fenced(lease, [](TrialWriter& w) {
    w.system(lease_key, "null");
    w.state(TrialState::waiting);
  });
}

}  // namespace lehr
