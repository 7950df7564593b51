// database.h: one connection to SQLite or PostgreSQL, with Optuna's tables in it. For .cpp files of this folder: it includes SOCI.
#pragma once

#include <soci/soci-config.h>
// Debian's SOCI offers conversions of Boost's types, for which its headers would want Boost installed.
#undef SOCI_HAVE_BOOST
#include <soci/soci.h>

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

  /// Runs `work` in one transaction. With `writes` it holds SQLite's write lock from the beginning. A lost connection or a busy database is
  /// tried again for half a minute, then Error{data}.
  template <class Work>
  auto transaction(Work&& work) {
    const std::lock_guard lock(mutex_);
    for (int attempt = 0;; ++attempt) {
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
        recover(e, attempt);
      } catch (...) {
        rollback();
        throw;
      }
    }
  }

 private:
  void begin();
  void rollback();
  void recover(const soci::soci_error& error, int attempt);  ///< waits and reconnects, or throws Error
  void connect();
  void make_tables();
  void check_version();
  std::string url_, target_;
  bool postgres_ = false;
  std::mutex mutex_;
  soci::session session_;
};

/// The statements that make Optuna's tables.
std::vector<std::string> schema_statements(bool postgres);
inline constexpr const char* schema_revision = "v3.2.0.a";  ///< of alembic, in Optuna 3.2 to 5

}  // namespace lehr
