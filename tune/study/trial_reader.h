// trial_reader.h: a study's trials out of the tables; what has ended is read once and kept.
#pragma once

#include <map>
#include <vector>

#include "tune/study/database.h"
#include "tune/study/trial.h"

namespace lehr {

class TrialReader {
 public:
  explicit TrialReader(Database& db) : db_(db) {}
  /// Inside a transaction.
  const std::vector<Trial>& read(std::int64_t study, const Space& space);
  std::vector<Trial> take();  ///< what was read last; the next reading begins anew

 private:
  void read_rows(std::int64_t study);
  void read_details(const Space& space);
  /// `which` says, after WHERE, whose rows are wanted.
  void read_parameters(const std::string& which, const Space& space);
  void read_values(const std::string& which);
  void read_intermediate(const std::string& which);
  void read_attributes(const std::string& which, const std::string& table, bool user);
  Trial* by_id(std::int64_t id);

  Database& db_;
  std::int64_t study_ = -1;
  std::string space_;
  std::vector<Trial> trials_;               // by number
  std::vector<std::int64_t> fresh_;         // ids whose details are wanted
  std::map<std::int64_t, std::size_t> at_;  // id -> place
};

}  // namespace lehr
