#include "apps/version.h"

#include <fmt/format.h>
#include <lehr_commit.h>  // written by the build

#include "engine/json.h"
#include "engine/library_versions.h"
#include "kernels/cpu.h"

namespace lehr {

namespace {

constexpr const char* version = "0.1.0";

std::string compiler() { return "g++ " __VERSION__; }

std::string instruction_set() {
  const auto f = cpu_features();
  return f.amx_bf16 ? "AVX-512, AMX bf16" : f.avx512_bf16 ? "AVX-512, bf16" : f.avx512 ? "AVX-512" : f.avx2 ? "AVX2" : "baseline";
}

}  // namespace

std::string version_text() {
  std::string out =
      fmt::format("lehr {}\ncommit {}\ncompiler {}\ninstruction set {}\n", version, LEHR_COMMIT, compiler(), instruction_set());
  for (const auto& [name, of] : library_versions()) out += name + " " + of + "\n";
  return out;
}

std::string program_version() { return fmt::format("lehr {}, commit {}", version, LEHR_COMMIT); }

std::string version_json() {
  JsonValue libraries = JsonValue::object({});
  for (const auto& [name, of] : library_versions()) libraries[name] = of;
  return JsonValue::object({{"version", version},
                            {"commit", LEHR_COMMIT},
                            {"compiler", compiler()},
                            {"instruction_set", instruction_set()},
                            {"libraries", libraries}})
      .text(2);
}

}  // namespace lehr
