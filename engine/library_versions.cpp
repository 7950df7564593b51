#include "engine/library_versions.h"

#include <curl/curl.h>
#include <fmt/core.h>
#include <openssl/crypto.h>
#include <zlib.h>

#include "kernels/cuda_version.h"
#include "kernels/onednn_version.h"

namespace lehr {

std::vector<std::pair<std::string, std::string>> library_versions() {
  std::vector<std::pair<std::string, std::string>> out;
  if (const std::string onednn = onednn_version(); !onednn.empty()) out.emplace_back("oneDNN", onednn);
  if (const std::string cuda = cuda_runtime_version(); !cuda.empty()) out.emplace_back("CUDA runtime", cuda);
  out.emplace_back("zlib", zlibVersion());
  out.emplace_back("libcurl", curl_version_info(CURLVERSION_NOW)->version);
  out.emplace_back("OpenSSL", OpenSSL_version(OPENSSL_VERSION_STRING));
  out.emplace_back("fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100));
  return out;
}

}  // namespace lehr
