// lehr devices: what this machine has and what will be used.
#include <CLI/CLI.hpp>

#include "apps/console.h"
#include "engine/json.h"
#include "kernels/cpu.h"
#include "tune/format.h"

namespace lehr {

void add_devices(CLI::App& app, Console& console) {
  auto* command = app.add_subcommand("devices", "what this machine has and what will be used");
  auto job = std::make_shared<FitJob>();
  add_common_flags(*command, console, *job);
  command->callback([&console, job] {
    const Cpu cpu(job->threads);
    const CpuFeatures f = cpu_features();
    if (console.json) {
      console.out << JsonValue::object({{"cpu", JsonValue::object({{"model", f.model},
                                                                   {"threads", cpu.threads()},
                                                                   {"avx2", f.avx2},
                                                                   {"avx512", f.avx512},
                                                                   {"avx512_bf16", f.avx512_bf16},
                                                                   {"amx_bf16", f.amx_bf16},
                                                                   {"free_memory", cpu.free_memory()},
                                                                   {"onednn", with_onednn()}})},
                                        {"cuda", JsonValue::array()},
                                        {"chosen", "cpu"}})
                         .text(2)
                  << '\n';
      return;
    }
    console.out << "cpu    " << cpu.name() << "\n       "
                << (f.avx512 ? "AVX-512"
                    : f.avx2 ? "AVX2"
                             : "no AVX2")
                << (f.avx512_bf16 ? ", bf16" : "") << (f.amx_bf16 ? ", AMX" : "") << ", "
                << bytes_text(static_cast<double>(cpu.free_memory())) << " free\n"
                << "       convolutions and products: "
                << (with_onednn() ? "oneDNN and lehr's own" : "lehr's own (this build has no oneDNN)")
                << "\ncuda   none: this build has no CUDA backend\nchosen cpu\n";
  });
}

}  // namespace lehr
