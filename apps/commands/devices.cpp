// lehr devices: what this machine has and what will be used.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "apps/console.h"
#include "engine/json.h"
#include "kernels/cpu.h"
#include "kernels/device_facts.h"
#include "kernels/error.h"
#include "tune/format.h"

namespace lehr {
namespace {

JsonValue json_of(const CpuFacts& cpu) {
  return JsonValue::object({{"model", cpu.features.model},
                            {"threads", cpu.threads},
                            {"avx2", cpu.features.avx2},
                            {"avx512", cpu.features.avx512},
                            {"avx512_bf16", cpu.features.avx512_bf16},
                            {"amx_bf16", cpu.features.amx_bf16},
                            {"free_memory", cpu.free_memory},
                            {"bandwidth_gb_s", cpu.bandwidth * 1e-9},
                            {"onednn", with_onednn()}});
}

std::string capability_text(const CudaDevice& d) { return fmt::format("{}.{}", d.capability_major, d.capability_minor); }
std::string cuda_version_text(int version) { return fmt::format("{}.{}", version / 1000, version % 1000 / 10); }

JsonValue json_of(const GpuFacts& gpu) {
  const CudaDevice& d = gpu.device;
  return JsonValue::object({{"index", d.index},
                            {"name", d.name},
                            {"memory", d.memory},
                            {"free_memory", d.free_memory},
                            {"compute_capability", capability_text(d)},
                            {"multiprocessors", d.multiprocessors},
                            {"driver", cuda_version_text(d.driver_version)},
                            {"runtime", cuda_version_text(d.runtime_version)},
                            {"bandwidth_gb_s", gpu.bandwidth * 1e-9},
                            {"convolutions", gpu.programs.convolutions},
                            {"products", gpu.programs.products},
                            {"missing", gpu.missing.empty() ? JsonValue() : JsonValue(gpu.missing)}});
}

JsonValue json_of(const DeviceLibrary& library) {
  if (!library.missing.empty()) return JsonValue::object({{"name", library.name}, {"missing", library.missing}});
  return JsonValue::object({{"name", library.name}, {"version", library.version}, {"file", library.file}});
}

JsonValue json_of(const DeviceFacts& facts) {
  JsonValue gpus = JsonValue::array(), libraries = JsonValue::array();
  for (const GpuFacts& gpu : facts.gpus) gpus.push_back(json_of(gpu));
  for (const DeviceLibrary& library : facts.libraries) libraries.push_back(json_of(library));
  auto document = JsonValue::object({{"cpu", json_of(facts.cpu)}, {"cuda", gpus}, {"chosen", facts.chosen}, {"libraries", libraries}});
  if (facts.gpus.empty()) document["cuda_missing"] = facts.cuda_missing;
  return document;
}

std::string text_of(const CpuFacts& cpu) {
  const CpuFeatures& f = cpu.features;
  return fmt::format("cpu    {}\n       {}{}{}, {} free, {:.1f} GB/s\n       convolutions and products: {}\n", cpu.name,
                     f.avx512 ? "AVX-512" : (f.avx2 ? "AVX2" : "no AVX2"), f.avx512_bf16 ? ", bf16" : "", f.amx_bf16 ? ", AMX" : "",
                     bytes_text(static_cast<double>(cpu.free_memory)), cpu.bandwidth * 1e-9,
                     with_onednn() ? "oneDNN and lehr's own" : "lehr's own (this build has no oneDNN)");
}

std::string text_of(const GpuFacts& gpu) {
  const CudaDevice& d = gpu.device;
  std::string text = fmt::format(
      "cuda:{} {}\n       compute capability {}, {} multiprocessors, {} of {} free, {}\n       driver for CUDA {}, program's runtime {}\n",
      d.index, d.name, capability_text(d), d.multiprocessors, bytes_text(static_cast<double>(d.free_memory)),
      bytes_text(static_cast<double>(d.memory)), gpu.missing.empty() ? fmt::format("{:.0f} GB/s", gpu.bandwidth * 1e-9) : gpu.missing,
      cuda_version_text(d.driver_version), cuda_version_text(d.runtime_version));
  if (!gpu.missing.empty()) return text;
  text += fmt::format("       convolutions: {}; products: {}\n", gpu.programs.convolutions, gpu.programs.products);
  return gpu.note.empty() ? text : text + "       " + gpu.note + '\n';
}

std::string text_of(const DeviceFacts& facts) {
  std::string text = text_of(facts.cpu);
  for (const GpuFacts& gpu : facts.gpus) text += text_of(gpu);
  if (facts.gpus.empty()) text += "cuda   none: " + facts.cuda_missing + "\n";
  for (const DeviceLibrary& library : facts.libraries)
    text += fmt::format("{:<9} {}\n", library.name,
                        library.missing.empty() ? library.version + ", " + library.file : "none: " + library.missing);
  return text + "chosen " + facts.chosen + "\n";
}

}  // namespace

void add_devices(CLI::App& app, Console& console) {
  auto* command = app.add_subcommand("devices", "what this machine has and what will be used");
  auto job = std::make_shared<FitJob>();
  add_common_flags(*command, console, *job);
  command->callback([&console, job] {
    const DeviceFacts facts = device_facts(job->device, job->threads);
    console.out << (console.json ? json_of(facts).text(2) + '\n' : text_of(facts));
  });
}

}  // namespace lehr
