// database.h: one connection to SQLite or PostgreSQL, with Optuna's tables in it. For .cpp files of this folder: it includes SOCI.
#pragma once

#include <soci/soci-config.h>
// Debian's SOCI offers conversions of Boost's types, for which its headers would want Boost installed.
#undef SOCI_HAVE_BOOST
#include <soci/soci.h>

#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "kernels/error.h"

namespace lehr {

class Database {
 public:
  /// sqlite:///FILE or postgresql://USER@HOST:PORT/NAME. Makes the tables where there are none. Error{usage} for another URL, Error{data}
  /// where the server does not answer or the tables are of another version.
  explicit Database(const std::string& url);

  soci::session& sql() { return session_; }
  bool postgres() const { return postgres_; }
  const std::string& url() const { return url_; }
  std::string now() const { return postgres_ ? "LOCALTIMESTAMP" : "CURRENT_TIMESTAMP"; }
  std::string utc_now() const;  ///< a literal with microseconds, as Optuna stores beginnings and ends
  /// Seconds since the time in `column`, by the database's own clock.
  std::string age(const std::string& column) const;
  std::string cast(const std::string& value, const std::string& type) const {
    return postgres_ ? "CAST(" + value + " AS " + type + ")" : value;
  }

  /// Told in a line that the server is away and that it is back, and asked (with no line) while it is waited for; false: no longer.
  void on_trouble(std::function<bool(const std::string& line)> call) { on_trouble_ = std::move(call); }

  /// Runs `work` in one transaction, which holds SQLite's write lock from the beginning. A busy database is tried again for half a minute, a
  /// server that is away for five, with growing pauses; then Error{data}. `work` may run again although its COMMIT, never answered, was done.
  template <class Work>
  auto transaction(Work&& work) {
    const std::lock_guard lock(mutex_);
    for (Trouble trouble;; ++trouble.attempts) {
      try {
        begin();
        if constexpr (std::is_void_v<decltype(work())>) {
          work();
          session_ << "COMMIT";
          return;
        } else {
          auto result = work();
          session_ << "COMMIT";
          return result;
        }
      } catch (const soci::soci_error& e) {
        recover(e, trouble);
      } catch (...) {
        rollback();
        throw;
      }
    }
  }

 private:
  struct Trouble {
    int attempts = 0;
    std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();
    double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count(); }
  };
  void begin();
  void rollback();
  void recover(const soci::soci_error& error, const Trouble& trouble);  ///< waits and reconnects, or throws Error
  bool alive();                                                         ///< whether the server answers on this connection
  void reconnect(const std::string& why);
  void pause(int attempt);
  void connect();
  void make_tables();
  void check_version();
  std::string url_, target_;
  bool postgres_ = false;
  std::mutex mutex_;
  soci::session session_;
  std::function<bool(const std::string&)> on_trouble_;
};

/// The statements that make Optuna's tables.
std::vector<std::string> schema_statements(bool postgres);
inline constexpr const char* schema_revision = "v3.2.0.a";  ///< of alembic, in Optuna 3.2 to 5

}  // namespace lehr
