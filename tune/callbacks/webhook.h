// webhook.h: every epoch's numbers to an address, as Keras's RemoteMonitor posts them. A thread of its own posts: training never waits.
#pragma once

#include "tune/callback.h"

namespace lehr {

struct Webhook {
  static constexpr SpecInfo info{
      .name = "webhook",
      .class_name = "RemoteMonitor",
      .summary = "posts every epoch's numbers to an address",
      .formula = "POST root + path: a form with one field of JSON, or the JSON itself; an address that does not answer is a warning"};
  std::string root = "http://localhost:9000", path = "/publish/epoch/end/", field = "data";
  std::vector<std::string> headers = {};
  bool send_as_json = false;
  double timeout = 5;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("root", self.root, "the server's address");
    f("path", self.path, "behind it");
    f("field", self.field, "name of the form's field");
    f("headers", self.headers, "further lines of the request, as ['Authorization: Bearer ...']");
    f("send_as_json", self.send_as_json, "the JSON itself instead of a form");
    f("timeout", self.timeout, "seconds that a post may take");
  }
};
std::unique_ptr<Callback> make_callback(const Webhook& spec);

}  // namespace lehr
