// Optuna's tables (optuna/storages/_rdb/models.py, revision v3.2.0.a), as SQLAlchemy makes them on both databases.
#include "tune/study/database.h"

namespace lehr {

namespace {

std::string key(const std::string& name, bool postgres) { return postgres ? name + " SERIAL NOT NULL" : name + " INTEGER NOT NULL"; }

std::string attributes_table(const std::string& table, const std::string& owner, const std::string& owners, bool postgres) {
  const std::string id = table.substr(0, table.size() - 1) + "_id";
  return "CREATE TABLE " + table + " (" + key(id, postgres) + ", " + owner +
         " INTEGER, \"key\" VARCHAR(512), value_json TEXT, PRIMARY KEY (" + id + "), UNIQUE (" + owner + ", \"key\"), FOREIGN KEY(" +
         owner + ") REFERENCES " + owners + " (" + owner + "))";
}

}  // namespace

std::vector<std::string> schema_statements(bool pg) {
  const std::string number = pg ? "DOUBLE PRECISION" : "FLOAT", time = pg ? "TIMESTAMP WITHOUT TIME ZONE" : "DATETIME";
  const auto type = [&](const char* name, const char* text) { return pg ? std::string(name) : std::string(text); };
  std::vector<std::string> out;
  if (pg)
    out = {"CREATE TYPE studydirection AS ENUM ('NOT_SET', 'MINIMIZE', 'MAXIMIZE')",
           "CREATE TYPE trialstate AS ENUM ('RUNNING', 'COMPLETE', 'PRUNED', 'FAIL', 'WAITING')",
           "CREATE TYPE trialvaluetype AS ENUM ('FINITE', 'INF_POS', 'INF_NEG')",
           "CREATE TYPE trialintermediatevaluetype AS ENUM ('FINITE', 'INF_POS', 'INF_NEG', 'NAN')"};
  const std::vector<std::string> tables = {
      "CREATE TABLE studies (" + key("study_id", pg) + ", study_name VARCHAR(512) NOT NULL, PRIMARY KEY (study_id))",
      std::string("CREATE TABLE version_info (version_info_id INTEGER NOT NULL, schema_version INTEGER, library_version VARCHAR(256), ") +
          "PRIMARY KEY (version_info_id), CHECK (version_info_id=1))",
      "CREATE TABLE study_directions (" + key("study_direction_id", pg) + ", direction " + type("studydirection", "VARCHAR(8)") +
          " NOT NULL, study_id INTEGER NOT NULL, objective INTEGER NOT NULL, PRIMARY KEY (study_direction_id), UNIQUE (study_id, "
          "objective), "
          "FOREIGN KEY(study_id) REFERENCES studies (study_id))",
      attributes_table("study_user_attributes", "study_id", "studies", pg),
      attributes_table("study_system_attributes", "study_id", "studies", pg),
      "CREATE TABLE trials (" + key("trial_id", pg) + ", number INTEGER, study_id INTEGER, state " + type("trialstate", "VARCHAR(8)") +
          " NOT NULL, datetime_start " + time + ", datetime_complete " + time +
          ", PRIMARY KEY (trial_id), FOREIGN KEY(study_id) REFERENCES studies (study_id))",
      attributes_table("trial_user_attributes", "trial_id", "trials", pg),
      attributes_table("trial_system_attributes", "trial_id", "trials", pg),
      "CREATE TABLE trial_params (" + key("param_id", pg) + ", trial_id INTEGER, param_name VARCHAR(512), param_value " + number +
          ", distribution_json TEXT, PRIMARY KEY (param_id), UNIQUE (trial_id, param_name), FOREIGN KEY(trial_id) REFERENCES trials "
          "(trial_id))",
      "CREATE TABLE trial_values (" + key("trial_value_id", pg) + ", trial_id INTEGER NOT NULL, objective INTEGER NOT NULL, value " +
          number + ", value_type " + type("trialvaluetype", "VARCHAR(7)") +
          " NOT NULL, PRIMARY KEY (trial_value_id), UNIQUE (trial_id, objective), FOREIGN KEY(trial_id) REFERENCES trials (trial_id))",
      "CREATE TABLE trial_intermediate_values (" + key("trial_intermediate_value_id", pg) +
          ", trial_id INTEGER NOT NULL, step INTEGER NOT NULL, intermediate_value " + number + ", intermediate_value_type " +
          type("trialintermediatevaluetype", "VARCHAR(7)") +
          " NOT NULL, PRIMARY KEY (trial_intermediate_value_id), UNIQUE (trial_id, step), FOREIGN KEY(trial_id) REFERENCES trials "
          "(trial_id))",
      "CREATE TABLE trial_heartbeats (" + key("trial_heartbeat_id", pg) + ", trial_id INTEGER NOT NULL, heartbeat " + time +
          " NOT NULL, PRIMARY KEY (trial_heartbeat_id), UNIQUE (trial_id), FOREIGN KEY(trial_id) REFERENCES trials (trial_id))",
      "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))",
      "CREATE UNIQUE INDEX ix_studies_study_name ON studies (study_name)",
      "CREATE INDEX ix_trials_study_id ON trials (study_id)",
      "INSERT INTO version_info VALUES (1, 12, '5.0.0')",
      std::string("INSERT INTO alembic_version VALUES ('") + schema_revision + "')",
  };
  out.insert(out.end(), tables.begin(), tables.end());
  return out;
}

}  // namespace lehr
