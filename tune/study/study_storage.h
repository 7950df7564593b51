// study_storage.h: studies and trials in Optuna's tables. Every change is one transaction; a trial's changes are fenced by its lease, so that a
// worker that was thought dead cannot overwrite what its successor did.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tune/study/trial.h"

namespace lehr {

class Database;

struct StudyInfo {
  std::int64_t id = 0;
  std::string name = {};
  std::vector<bool> maximize = {};
  std::vector<std::pair<std::string, JsonValue>> attributes = {};  ///< the user attributes
  const JsonValue* attribute(std::string_view key) const;
};

/// Says who may change a running trial.
struct Lease {
  std::int64_t trial = 0;
  std::string text = {};  ///< as stored
};

struct Claimed {
  Trial trial = {};
  Lease lease = {};
  bool taken_over = false;  ///< from a worker that died: its checkpoint may be there
};

class StudyStorage {
 public:
  explicit StudyStorage(const std::string& url);
  StudyStorage(StudyStorage&&) noexcept;
  StudyStorage& operator=(StudyStorage&&) noexcept;
  ~StudyStorage();

  /// Told in a line that the server is away and that it is back, and asked (with no line) while it is waited for; false: no longer.
  void on_trouble(std::function<bool(const std::string& line)> call);

  std::optional<StudyInfo> find(const std::string& name);
  std::vector<std::string> names();
  /// Error{usage} where the name is taken.
  StudyInfo create(const std::string& name, const std::vector<bool>& maximize);
  void set_attribute(const StudyInfo& study, const std::string& key, const JsonValue& value);

  /// All trials, by number. Finished ones are read once.
  std::vector<Trial> trials(const StudyInfo& study, const Space& space);
  std::vector<Trial> take_trials(const StudyInfo& study, const Space& space);  ///< the same for the last time: no copy stays behind
  /// The same without a copy; `at` must not call this storage.
  void look(const StudyInfo& study, const Space& space, const std::function<void(const std::vector<Trial>&)>& at);

  /// Decides in one transaction, under the study's lock: a trial whose worker died (no heartbeat for `lease_seconds`, or its process is gone
  /// from this machine); else one that waits; else what `propose` answers for the trials as they stand. Nothing: neither.
  std::optional<Claimed> claim(const StudyInfo& study, const Space& space, double lease_seconds,
                               const std::function<std::optional<std::pair<Values, Stage>>(const std::vector<Trial>&)>& propose);

  // Each answers false, and changes nothing, where the lease is another's by now.
  bool heartbeat(const Lease& lease);
  bool report(const Lease& lease, const std::vector<std::pair<std::int64_t, double>>& values);
  bool set_trial_attribute(const Lease& lease, const std::string& key, const JsonValue& value);
  bool finish(const Lease& lease, TrialState state, const std::vector<double>& values,
              const std::vector<std::pair<std::string, JsonValue>>& attributes = {});
  bool requeue(const Lease& lease);  ///< WAITING again: whoever comes next takes it up

  const std::string& url() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// `host:pid:start`: this process, so that another on the same machine sees when it is gone.
std::string process_name();
bool process_gone(const std::string& name);  ///< on this machine; false where it is another's

}  // namespace lehr
