// loopback_server.h: a web server of one file on 127.0.0.1, well-behaved or not, for tests of downloads.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

struct ServerManners {
  bool ranges = true;           ///< 206 for a range; else the whole file, always
  std::size_t break_after = 0;  ///< bytes of the body after which the connection breaks; 0: never
  int failures_first = 0;       ///< so many answers are `status_then`
  int status_then = 503;
  bool silent = false;        ///< takes the request and says nothing
  std::string moved_to = {};  ///< 302 for every path but this
};

class LoopbackServer {
 public:
  explicit LoopbackServer(std::string body, ServerManners manners = {}) : body_(std::move(body)), manners_(std::move(manners)) {
    listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listening_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listening_, 8) != 0 ||
        ::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error("no loopback server");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~LoopbackServer() {
    ending_ = true;
    ::shutdown(listening_, SHUT_RDWR);
    thread_.join();
    ::close(listening_);
  }
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  std::string url(const std::string& path = "file.bin") const { return "http://127.0.0.1:" + std::to_string(port_) + "/" + path; }
  /// The byte each request asked to begin with.
  std::vector<std::size_t> starts() const {
    const std::lock_guard lock(mutex_);
    return starts_;
  }
  /// Every request, head and body.
  std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void serve() {
    while (!ending_) {
      const int client = ::accept(listening_, nullptr, nullptr);
      if (client < 0) return;
      answer(client);
      ::close(client);
    }
  }

  static void send(int client, std::string_view text) {
    while (!text.empty()) {
      const auto put = ::send(client, text.data(), text.size(), MSG_NOSIGNAL);
      if (put <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(put));
    }
  }

  static void read_body(int client, std::string& request) {
    const auto at = request.find("Content-Length: ");
    if (at == std::string::npos) return;
    const std::size_t whole = request.find("\r\n\r\n") + 4 + std::strtoul(request.c_str() + at + 16, nullptr, 10);
    char piece[2048];
    while (request.size() < whole) {
      const auto got = ::recv(client, piece, sizeof piece, 0);
      if (got <= 0) return;
      request.append(piece, static_cast<std::size_t>(got));
    }
  }

  void answer(int client) {
    std::string request;
    char piece[2048];
    while (request.find("\r\n\r\n") == std::string::npos) {
      const auto got = ::recv(client, piece, sizeof piece, 0);
      if (got <= 0) return;
      request.append(piece, static_cast<std::size_t>(got));
    }
    read_body(client, request);
    std::size_t start = 0;
    if (const auto at = request.find("Range: bytes="); at != std::string::npos)
      start = std::strtoul(request.c_str() + at + 13, nullptr, 10);
    {
      const std::lock_guard lock(mutex_);
      starts_.push_back(start);
      requests_.push_back(request);
    }
    if (manners_.silent) {
      ::recv(client, piece, sizeof piece, 0);  // until the client gives up
      return;
    }
    if (!manners_.moved_to.empty() && request.find(" /" + manners_.moved_to + " ") == std::string::npos)
      return send(client, "HTTP/1.1 302 Found\r\nLocation: /" + manners_.moved_to + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    if (manners_.failures_first > 0) {
      --manners_.failures_first;
      return send(client, "HTTP/1.1 " + std::to_string(manners_.status_then) + " No\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
    }
    if (!manners_.ranges) start = 0;
    if (start > 0 && start >= body_.size())
      return send(client, "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    const std::string_view rest = std::string_view(body_).substr(start);
    send(client, (start > 0 ? "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes " + std::to_string(start) + "-" +
                                  std::to_string(body_.size() - 1) + "/" + std::to_string(body_.size()) + "\r\n"
                            : std::string("HTTP/1.1 200 OK\r\n")) +
                     "Content-Length: " + std::to_string(rest.size()) + "\r\nConnection: close\r\n\r\n");
    send(client, manners_.break_after == 0 ? rest : rest.substr(0, std::min(manners_.break_after, rest.size())));
  }

  std::string body_;
  ServerManners manners_;
  int listening_ = -1, port_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::size_t> starts_;
  std::vector<std::string> requests_;
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};
