#include "engine/data/digest.h"

#include <fcntl.h>
#include <openssl/evp.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "engine/descriptor.h"
#include "kernels/error.h"

namespace lehr {

std::string file_digest(const std::string& file, const std::string& algorithm) {
  const EVP_MD* kind = algorithm == "sha256" ? EVP_sha256() : algorithm == "md5" ? EVP_md5() : nullptr;
  if (kind == nullptr)
    throw Error(
        {.category = Category::usage, .where = "digest", .what = "unknown algorithm", .expected = "sha256 or md5", .got = algorithm});
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  if (!context || EVP_DigestInit_ex(context.get(), kind, nullptr) != 1)
    throw Error({.category = Category::failed, .where = "libcrypto", .what = "refuses " + algorithm});
  const Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  std::vector<unsigned char> piece(1 << 20);
  while (true) {
    const ssize_t got = in ? ::read(in.get(), piece.data(), piece.size()) : -1;
    if (got == 0) break;
    if (got < 0 && in && errno == EINTR) continue;
    if (got < 0)
      throw Error({.category = Category::data, .where = file, .what = std::string("cannot be read (") + std::strerror(errno) + ")"});
    EVP_DigestUpdate(context.get(), piece.data(), static_cast<std::size_t>(got));
  }
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned count = 0;
  EVP_DigestFinal_ex(context.get(), bytes, &count);
  std::string text;
  for (unsigned i = 0; i < count; ++i) {
    text += "0123456789abcdef"[bytes[i] >> 4U];
    text += "0123456789abcdef"[bytes[i] & 15U];
  }
  return text;
}

bool digest_holds(const std::string& file, const std::string& digest) {
  if (digest.empty()) return true;
  const auto colon = digest.find(':');
  if (colon == std::string::npos)
    throw Error(
        {.category = Category::usage, .where = "digest", .what = "names no algorithm", .expected = "sha256:HEX or md5:HEX", .got = digest});
  return file_digest(file, digest.substr(0, colon)) == digest.substr(colon + 1);
}

}  // namespace lehr
