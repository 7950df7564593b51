// lehr devices: what this machine has, how fast its memory is, and what will be used.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "apps/console.h"
#include "engine/json.h"
#include "kernels/cpu.h"
#include "kernels/roofline.h"
#include "tune/format.h"

namespace lehr {
namespace {

constexpr double giga = 1e9;
constexpr double seconds_to_measure = 0.1;

std::string version_text(int version) { return fmt::format("{}.{}", version / 1000, version % 1000 / 10); }  // 13000 is 13.0

std::string chosen_name(const Backend& backend, const std::string& device) {
  if (backend.kind() == DeviceKind::cpu) return "cpu";
  return device.starts_with("cuda:") ? device : "cuda:0";
}

JsonValue cpu_document(const Cpu& cpu, const CpuFeatures& f, double bandwidth) {
  return JsonValue::object({{"model", f.model},
                            {"threads", cpu.threads()},
                            {"avx2", f.avx2},
                            {"avx512", f.avx512},
                            {"avx512_bf16", f.avx512_bf16},
                            {"amx_bf16", f.amx_bf16},
                            {"free_memory", cpu.free_memory()},
                            {"bandwidth_gb_s", bandwidth / giga},
                            {"onednn", with_onednn()}});
}

/// Copies within its memory; the device is opened for it, so this says less of a GPU that cannot be opened.
double gpu_bandwidth(const CudaDevice& device, int threads) {
  return measure_copy_bandwidth(*open_device("cuda:" + std::to_string(device.index), threads).backend);
}

JsonValue cuda_document(const CudaDevice& d, double bandwidth) {
  return JsonValue::object({{"index", d.index},
                            {"name", d.name},
                            {"memory", d.memory},
                            {"free_memory", d.free_memory},
                            {"compute_capability", fmt::format("{}.{}", d.capability_major, d.capability_minor)},
                            {"multiprocessors", d.multiprocessors},
                            {"driver", version_text(d.driver_version)},
                            {"runtime", version_text(d.runtime_version)},
                            {"bandwidth_gb_s", bandwidth / giga}});
}

JsonValue library_document(const DeviceLibrary& library) {
  JsonValue document = JsonValue::object({{"name", library.name}});
  if (library.missing.empty()) {
    document.append("version", library.version);
    document.append("file", library.file);
  } else {
    document.append("missing", library.missing);
  }
  return document;
}

void print_cpu(Console& console, const Cpu& cpu, const CpuFeatures& f, double bandwidth) {
  const char* vectors = f.avx512 ? "AVX-512" : f.avx2 ? "AVX2" : "no AVX2";
  console.out << fmt::format("cpu    {}\n       {}{}{}, {} free, {:.1f} GB/s\n       convolutions and products: {}\n", cpu.name(), vectors,
                             f.avx512_bf16 ? ", bf16" : "", f.amx_bf16 ? ", AMX" : "", bytes_text(static_cast<double>(cpu.free_memory())),
                             bandwidth / giga, with_onednn() ? "oneDNN and lehr's own" : "lehr's own (this build has no oneDNN)");
}

void print_gpu(Console& console, const CudaDevice& d, double bandwidth) {
  console.out << fmt::format(
      "cuda:{} {}\n       compute capability {}.{}, {} multiprocessors, {} of {} free, {:.0f} GB/s\n       driver for CUDA {}, runtime "
      "{}\n",
      d.index, d.name, d.capability_major, d.capability_minor, d.multiprocessors, bytes_text(static_cast<double>(d.free_memory)),
      bytes_text(static_cast<double>(d.memory)), bandwidth / giga, version_text(d.driver_version), version_text(d.runtime_version));
}

void run(Console& console, const FitJob& job) {
  const Cpu cpu(job.threads);
  const CpuFeatures f = cpu_features();
  const double bandwidth = measure_bandwidth(cpu, seconds_to_measure, beyond_caches);
  const CudaMachine machine = cuda_machine();
  const std::vector<DeviceLibrary> libraries = cuda_libraries();
  std::vector<double> gpu_bandwidths;
  for (const CudaDevice& device : machine.devices) gpu_bandwidths.push_back(gpu_bandwidth(device, job.threads));
  const std::string chosen = chosen_name(*open_device(job).backend, job.device);
  if (console.json) {
    JsonValue cuda = JsonValue::array(), files = JsonValue::array();
    for (std::size_t i = 0; i < machine.devices.size(); ++i) cuda.push_back(cuda_document(machine.devices[i], gpu_bandwidths[i]));
    for (const DeviceLibrary& library : libraries) files.push_back(library_document(library));
    JsonValue document = JsonValue::object({{"cpu", cpu_document(cpu, f, bandwidth)}, {"cuda", cuda}, {"chosen", chosen}});
    if (machine.devices.empty()) document.append("cuda_missing", machine.missing);
    if (with_cuda()) document.append("libraries", files);
    console.out << document.text(2) << '\n';
    return;
  }
  print_cpu(console, cpu, f, bandwidth);
  for (std::size_t i = 0; i < machine.devices.size(); ++i) print_gpu(console, machine.devices[i], gpu_bandwidths[i]);
  if (machine.devices.empty()) console.out << "cuda   none: " << machine.missing << '\n';
  for (const DeviceLibrary& library : libraries)
    console.out << fmt::format("       {:<9} {}\n", library.name,
                               library.missing.empty() ? library.version + "  " + library.file : "none: " + library.missing);
  console.out << "chosen " << chosen << '\n';
}

}  // namespace

void add_devices(CLI::App& app, Console& console) {
  auto* command = app.add_subcommand("devices", "what this machine has and what will be used");
  auto job = std::make_shared<FitJob>();
  add_common_flags(*command, console, *job);
  command->callback([&console, job] { run(console, *job); });
}

}  // namespace lehr
