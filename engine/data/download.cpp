#include "engine/data/download.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <memory>

#include "engine/data/digest.h"
#include "engine/descriptor.h"
#include "kernels/error.h"

namespace lehr {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& file, const std::string& what, int error) {
  throw Error({.category = Category::data,
               .where = file,
               .what = what + " (" + std::strerror(error) + ")",
               .hint = error == ENOSPC ? "Free some space and run it again; it goes on where it stopped." : ""});
}

/// FILE.part, locked for as long as this lives.
class Part {
 public:
  explicit Part(const std::string& file) : name_(file + ".part") {
    std::error_code error;
    if (const fs::path folder = fs::path(file).parent_path(); !folder.empty()) fs::create_directories(folder, error);
    do {
      fd_ = Descriptor(::open(name_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
      if (!fd_) fail(file, "cannot be written", errno);
      if (::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0)
        throw Error(
            {.category = Category::data, .where = file, .what = "is being downloaded by another process", .hint = "Wait for that one."});
    } while (!still_named());  // another process has just finished it under our hands
    end_ = ::lseek(fd_.get(), 0, SEEK_END);
  }

  const std::string& name() const { return name_; }
  std::int64_t size() const { return end_; }

  void clear() {
    if (::ftruncate(fd_.get(), 0) != 0 || ::lseek(fd_.get(), 0, SEEK_SET) != 0) fail(name_, "cannot be written", errno);
    end_ = 0;
  }

  /// 0 or errno: libcurl calls from C, through which no exception may go.
  int append(const char* bytes, std::size_t count) {
    while (count > 0) {
      const ssize_t put = ::write(fd_.get(), bytes, count);
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return errno;
      bytes += put;
      count -= static_cast<std::size_t>(put);
      end_ += put;
    }
    return 0;
  }

  void become(const std::string& file) {
    if (::fsync(fd_.get()) != 0) fail(file, "cannot be written", errno);
    if (::rename(name_.c_str(), file.c_str()) != 0) fail(file, "cannot be written", errno);
  }

 private:
  bool still_named() const {
    struct stat open{}, named{};
    return ::fstat(fd_.get(), &open) == 0 && ::stat(name_.c_str(), &named) == 0 && open.st_ino == named.st_ino &&
           open.st_dev == named.st_dev;
  }

  std::string name_;
  Descriptor fd_;
  std::int64_t end_ = 0;
};

/// One request for the rest of the file.
struct Transfer {
  CURL* curl;
  Part& part;
  const DownloadHooks& hooks;
  std::int64_t total = 0;  ///< of the whole file
  std::int64_t at_start = 0;
  bool looked = false;  ///< the answer's status was read
  int disk_error = 0;
  bool stopped = false;
  Clock::time_point told = {};

  /// A server that does not know ranges sends the whole file again, from its first byte.
  void look() {
    if (std::exchange(looked, true)) return;
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (at_start > 0 && status == 200) {
      part.clear();
      at_start = 0;
    }
    curl_off_t rest = 0;
    curl_easy_getinfo(curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &rest);
    if (rest > 0) total = at_start + rest;
  }

  void tell(bool now) {
    if (!hooks.progress || (!now && Clock::now() - told < std::chrono::milliseconds(100))) return;
    told = Clock::now();
    hooks.progress(part.size(), total);
  }
};

std::size_t on_bytes(char* bytes, std::size_t, std::size_t count, void* self) {
  auto& t = *static_cast<Transfer*>(self);
  try {
    t.look();
    t.disk_error = t.part.append(bytes, count);
    if (t.disk_error == 0) t.tell(false);
  } catch (...) {
    t.disk_error = EIO;
  }
  return t.disk_error == 0 ? count : 0;
}

int on_tick(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto& t = *static_cast<Transfer*>(self);
  t.stopped = t.hooks.interrupted && t.hooks.interrupted();
  return t.stopped ? 1 : 0;
}

struct Answer {
  CURLcode code = CURLE_OK;
  long status = 0;
  std::string text = {};
  bool complete() const { return code == CURLE_OK && (status == 200 || status == 206); }
  /// Worth another try at the same place: the connection broke, or the server is busy.
  bool transient() const {
    if (code == CURLE_HTTP_RETURNED_ERROR) return status >= 500 || status == 429;
    return code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR || code == CURLE_GOT_NOTHING ||
           code == CURLE_OPERATION_TIMEDOUT || code == CURLE_SSL_CONNECT_ERROR || code == CURLE_HTTP2 || code == CURLE_HTTP2_STREAM;
  }
};

Answer request(const std::string& url, const Download& what, Part& part, const DownloadHooks& hooks) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), curl_easy_cleanup);
  if (!curl) throw Error({.category = Category::failed, .where = "libcurl", .what = "does not start"});
  Transfer transfer{.curl = curl.get(), .part = part, .hooks = hooks, .total = what.bytes, .at_start = part.size()};
  char message[CURL_ERROR_SIZE] = "";
  const auto set = [&](CURLoption option, auto value) { curl_easy_setopt(curl.get(), option, value); };
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 1L);
  set(CURLOPT_MAXREDIRS, 10L);
  set(CURLOPT_FAILONERROR, 1L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_USERAGENT, "lehr");
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(1e3 * std::min(hooks.patience_s, 30.0)));
  set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(CURLOPT_LOW_SPEED_TIME, std::max(1L, static_cast<long>(hooks.patience_s)));
  set(CURLOPT_ERRORBUFFER, message);
  set(CURLOPT_WRITEFUNCTION, on_bytes);
  set(CURLOPT_WRITEDATA, static_cast<void*>(&transfer));
  set(CURLOPT_XFERINFOFUNCTION, on_tick);
  set(CURLOPT_XFERINFODATA, static_cast<void*>(&transfer));
  set(CURLOPT_NOPROGRESS, 0L);
  if (part.size() > 0) set(CURLOPT_RANGE, (std::to_string(part.size()) + "-").c_str());
  Answer out{.code = curl_easy_perform(curl.get())};
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &out.status);
  if (transfer.stopped)
    throw Error({.category = Category::interrupted,
                 .where = what.file,
                 .what = "stopped at " + std::to_string(part.size()) + " bytes",
                 .hint = "The same command goes on from there."});
  if (transfer.disk_error != 0) fail(what.file, "cannot be written", transfer.disk_error);
  transfer.tell(true);
  if (out.code == CURLE_OK && what.bytes > 0 && part.size() < what.bytes) out.code = CURLE_PARTIAL_FILE;
  out.text = out.code == CURLE_HTTP_RETURNED_ERROR ? "the server answers " + std::to_string(out.status)
             : *message != '\0'                    ? std::string(message)
                                                   : std::string(curl_easy_strerror(out.code));
  return out;
}

/// True once the part is complete at this place; else `why` says what went wrong.
bool fetch_from(const std::string& url, const Download& what, Part& part, const DownloadHooks& hooks, std::string& why) {
  for (int failures = 0; failures < hooks.attempts;) {
    const std::int64_t before = part.size();
    const Answer answer = request(url, what, part, hooks);
    if (answer.complete()) return true;
    why = answer.text;
    if (answer.status == 416 && before > 0) {  // nothing lies behind what is here: it is whole, or another file's
      if (!what.digest.empty() && digest_holds(part.name(), what.digest)) return true;
      part.clear();
      ++failures;
      continue;
    }
    if (!answer.transient()) return false;
    if (part.size() <= before) ++failures;
  }
  return false;
}

}  // namespace

Fetched download(const Download& what, const DownloadHooks& hooks) {
  std::error_code ignored;
  if (fs::is_regular_file(what.file, ignored) && digest_holds(what.file, what.digest)) return Fetched::already_there;
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);  // once, by whichever thread comes first
  if (started != CURLE_OK) throw Error({.category = Category::failed, .where = "libcurl", .what = curl_easy_strerror(started)});
  Part part(what.file);
  std::string tried;
  for (const std::string& url : what.urls) {
    std::string why;
    const bool resumed = part.size() > 0;
    bool whole = fetch_from(url, what, part, hooks, why);
    if (whole && !digest_holds(part.name(), what.digest)) {
      part.clear();
      // The beginning may have been another file's: once more from the first byte.
      whole = resumed && fetch_from(url, what, part, hooks, why) && digest_holds(part.name(), what.digest);
      if (!whole) {
        why = "what came is not the file that was published: its digest is not " + what.digest;
        part.clear();
      }
    }
    if (whole) {
      part.become(what.file);
      return Fetched::downloaded;
    }
    tried += "\n  " + url + ": " + why;
  }
  if (part.size() == 0) ::unlink(part.name().c_str());  // nothing came: nothing stays
  throw Error({.category = Category::data,
               .where = what.file,
               .what = "could not be downloaded:" + tried,
               .hint = part.size() > 0 ? "\nThe same command goes on from byte " + std::to_string(part.size()) + "."
                                       : "\nWhere the network is closed, fetch it elsewhere and put it there by hand."});
}

}  // namespace lehr
