// http_post.h: one message to an address, and whether it arrived.
#pragma once

#include <string>
#include <vector>

namespace lehr {

struct HttpPost {
  std::string url = {};  ///< http or https
  std::string body = {};
  std::string content_type = "application/json";
  std::vector<std::string> headers = {};  ///< "Name: value"
  double timeout_s = 5;
};

/// Empty where the server took it (any 2xx); else what became of it, for people. Never throws.
std::string post(const HttpPost& message);

/// %XX for all but letters, digits and -_.~: a value of an HTML form.
std::string form_encoded(const std::string& text);

}  // namespace lehr
