#include "apps/version.h"

#include <fmt/format.h>

#include "engine/json.h"
#include "kernels/cpu.h"

namespace lehr {

namespace {
#ifdef LEHR_COMMIT
constexpr const char* commit = LEHR_COMMIT;
#else
constexpr const char* commit = "unknown";
#endif
std::string instruction_set() {
  const auto f = cpu_features();
  return f.amx_bf16 ? "AVX-512, AMX bf16" : f.avx512_bf16 ? "AVX-512, bf16" : f.avx512 ? "AVX-512" : f.avx2 ? "AVX2" : "baseline";
}
}  // namespace

std::string version_text() {
  return fmt::format("lehr 0.1.0\ncommit {}\ncompiler g++ {}\ninstruction set {}\nfmt {}.{}.{}\n", commit, __VERSION__, instruction_set(),
                     FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100);
}

std::string version_json() {
  return JsonValue::object({{"version", "0.1.0"},
                            {"commit", commit},
                            {"compiler", "g++ " __VERSION__},
                            {"instruction_set", instruction_set()},
                            {"libraries", JsonValue::object({{"fmt", FMT_VERSION}})}})
      .text(2);
}

}  // namespace lehr
