#include "tune/study/database.h"

#include <soci/postgresql/soci-postgresql.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <fmt/format.h>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <random>
#include <thread>

namespace lehr {

namespace {

Error unreachable(const std::string& url, const std::string& what) {
  return Error({.category = Category::data,
                .where = "--storage " + url,
                .what = "cannot be used: " + what,
                .hint = "Is the server running, the disk writable and not full?"});
}

std::string decoded(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(std::strtol(text.substr(i + 1, 2).c_str(), nullptr, 16));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

/// `user:word@host:port/name?key=value` as libpq's `key='value' ...`: SOCI reads no URL.
std::string keywords_of(const std::string& rest) {
  std::string out;
  const auto add = [&](const std::string& key, const std::string& value) {
    if (value.empty()) return;
    std::string quoted;
    for (const char c : decoded(value)) quoted += (c == '\'' || c == '\\' ? std::string("\\") : std::string()) + c;
    out += (out.empty() ? "" : " ") + key + "='" + quoted + "'";
  };
  const auto query = rest.find('?');
  std::string place = rest.substr(0, query);
  if (const auto slash = place.find('/'); slash != std::string::npos) {
    add("dbname", place.substr(slash + 1));
    place.resize(slash);
  }
  if (const auto at = place.rfind('@'); at != std::string::npos) {
    const std::string user = place.substr(0, at);
    const auto colon = user.find(':');
    add("user", user.substr(0, colon));
    if (colon != std::string::npos) add("password", user.substr(colon + 1));
    place.erase(0, at + 1);
  }
  const auto colon = place.rfind(':');
  add("host", place.substr(0, colon));
  if (colon != std::string::npos) add("port", place.substr(colon + 1));
  for (auto begin = query; begin != std::string::npos && begin + 1 < rest.size();) {
    const auto end = rest.find('&', begin + 1);
    const std::string pair = rest.substr(begin + 1, end == std::string::npos ? end : end - begin - 1);
    if (const auto equals = pair.find('='); equals != std::string::npos) add(pair.substr(0, equals), pair.substr(equals + 1));
    begin = end;
  }
  return out;
}

}  // namespace

Database::Database(const std::string& url) : url_(url) {
  if (url.starts_with("sqlite:///")) {
    target_ = url.substr(10);
    if (target_.empty() || target_.find_first_of(" '\"=") != std::string::npos)
      throw Error({.category = Category::usage,
                   .where = "--storage",
                   .what = "the file's name cannot be used",
                   .expected = "sqlite:///FILE without blanks and quotes",
                   .got = url});
  } else if (url.starts_with("postgresql://") || url.starts_with("postgres://") || url.starts_with("postgresql+")) {
    postgres_ = true;
    // Optuna's URLs may name a driver: postgresql+psycopg2://
    target_ = keywords_of(url.substr(url.find("://") + 3));
  } else {
    throw Error({.category = Category::usage,
                 .where = "--storage",
                 .what = "cannot read the URL",
                 .expected = "sqlite:///FILE or postgresql://USER@HOST:PORT/DATABASE",
                 .got = url});
  }
  try {
    connect();
    make_tables();
    check_version();
  } catch (const soci::soci_error& e) {
    throw unreachable(url_, e.what());
  }
}

void Database::connect() {
  if (postgres_) {
    session_.open(soci::postgresql, target_);
    return;
  }
  std::error_code unmade;  // opening the file says so
  if (const auto folder = std::filesystem::path(target_).parent_path(); !folder.empty())
    std::filesystem::create_directories(folder, unmade);
  session_.open(soci::sqlite3, "db=" + target_ + " timeout=30");
  // Readers and one writer at once; a power cut may lose the last commits, a killed process none.
  std::string mode;
  session_ << "PRAGMA journal_mode=WAL", soci::into(mode);
  session_ << "PRAGMA synchronous=NORMAL";
  session_ << "PRAGMA cache_size=-512";  // kB: what has ended is read once
}

void Database::make_tables() {
  const auto there = [&] {
    int n = 0;
    if (postgres_)
      session_ << "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = 'alembic_version'",
          soci::into(n);
    else
      session_ << "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'", soci::into(n);
    return n > 0;
  };
  if (there()) return;
  session_ << (postgres_ ? "BEGIN" : "BEGIN IMMEDIATE");
  try {
    if (postgres_) session_ << "SELECT pg_advisory_xact_lock(761045)";  // several workers may begin at once
    if (!there())
      for (const auto& statement : schema_statements(postgres_)) session_ << statement;
    session_ << "COMMIT";
  } catch (...) {
    rollback();
    throw;
  }
}

void Database::check_version() {
  std::string found;
  soci::indicator present = soci::i_null;
  session_ << "SELECT version_num FROM alembic_version", soci::into(found, present);
  if (found != schema_revision)
    throw Error({.category = Category::data,
                 .where = "--storage " + url_,
                 .what = "the tables are of another version of Optuna",
                 .expected = schema_revision,
                 .got = found.empty() ? "none" : found,
                 .hint = "`optuna storage upgrade --storage URL` brings them up to date."});
}

void Database::begin() { session_ << (postgres_ ? "BEGIN" : "BEGIN IMMEDIATE"); }

void Database::rollback() {
  try {
    session_ << "ROLLBACK";
  } catch (const soci::soci_error&) {  // nothing was begun, or the connection is gone: the database has rolled back itself
    return;
  }
}

namespace {

constexpr double busy_seconds = 30, away_seconds = 300;

/// Constraint errors and the like come again however often one asks.
bool passes(const soci::soci_error& error) {
  const std::string what = error.what();
  for (const char* word : {"locked", "busy", "deadlock", "could not serialize"})
    if (what.find(word) != std::string::npos) return true;
  return error.get_error_category() == soci::soci_error::system_error;
}

}  // namespace

void Database::recover(const soci::soci_error& error, const Trouble& trouble) {
  const std::string what = error.what();
  rollback();
  if (postgres_ && !alive()) return reconnect(what);
  if (!passes(error) || trouble.seconds() > busy_seconds) throw unreachable(url_, what);
  pause(trouble.attempts);
}

bool Database::alive() {
  try {
    int one = 0;
    session_ << "SELECT 1", soci::into(one);
    return one == 1;
  } catch (const soci::soci_error&) {  // no such connection any more
    return false;
  }
}

/// Servers restart, fail over, are unplugged: a search that took hours waits for them.
void Database::reconnect(const std::string& why) {
  std::string reason = why.substr(0, why.find('\n'));
  if (on_trouble_)
    on_trouble_("the storage is away (" + reason + "): trying again for " + std::to_string(static_cast<int>(away_seconds / 60)) +
                " minutes");
  for (Trouble away;; ++away.attempts) {
    pause(away.attempts);
    try {
      session_.close();
      connect();
      if (alive()) break;
    } catch (const soci::soci_error& e) {
      reason = e.what();
    }
    if (away.seconds() > away_seconds) throw unreachable(url_, reason);
  }
  if (on_trouble_) on_trouble_("the storage is back");
}

/// 50 ms, then twice as long each time up to 5 s, spread so that many workers do not come back at one moment.
void Database::pause(int attempt) {
  const double spread = 0.75 + 0.5 * static_cast<double>(std::random_device{}() % 1000) / 1000;
  const double seconds = std::min(5.0, 0.05 * std::pow(2.0, std::min(attempt, 10))) * spread;
  for (const Trouble waiting; waiting.seconds() < seconds;) {
    if (on_trouble_ && !on_trouble_({}))
      throw Error({.category = Category::interrupted, .where = "--storage " + url_, .what = "stopped while the storage was away"});
    std::this_thread::sleep_for(std::chrono::duration<double>(std::min(0.1, seconds)));
  }
}

std::string Database::age(const std::string& column) const {
  return postgres_ ? "EXTRACT(EPOCH FROM (LOCALTIMESTAMP - " + column + "))" : "((julianday('now') - julianday(" + column + ")) * 86400.0)";
}

std::string Database::utc_now() const {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto micro = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count() % 1'000'000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                     parts.tm_min, parts.tm_sec, micro);
}

}  // namespace lehr
