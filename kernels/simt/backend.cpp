// The executor as the backend `Cuda`: host memory behind a device's interface.
#include <cstdlib>
#include <cstring>

#include "kernels/cuda.h"
#include "kernels/data_sheet.h"
#include "kernels/error.h"
#include "kernels/simt/memory.h"
#include "kernels/simt/stream.h"

namespace lehr {
namespace {

using Operations = std::vector<std::function<void()>>;

class Recorded final : public Recording {
 public:
  Recorded(Operations operations, std::int64_t beside, CudaCounters& counters)
      : operations_(std::move(operations)), beside_(beside), counters_(&counters) {}
  void launch(Stream&) override {
    ++counters_->graph_launches;
    for (const auto& operation : operations_) operation();
  }
  std::int64_t nodes() const override { return static_cast<std::int64_t>(operations_.size()) - beside_; }

 private:
  Operations operations_;
  std::int64_t beside_;
  CudaCounters* counters_;
};

[[noreturn]] void not_while_recording(const char* what) {
  throw Error({.category = Category::device, .where = "recording of a step", .what = std::string(what) + " cannot be recorded"});
}

/// Host code that copies; only within a buffer of the device.
template <class Work>
void on_device(const void* begin, std::size_t bytes, const Work& work) {
  if (!simt::device_memory().region().granted(begin, bytes))
    throw simt::Fault("a copy or fill of " + std::to_string(bytes) + " bytes outside of every buffer of the device");
  const simt::HostAccess access(begin, bytes);
  work();
}

}  // namespace

namespace simt {

void put(Stream& stream, std::function<void()> operation) {
  CUstream_st* on = cuda_stream(stream).handle();
  if (on->recording != nullptr)
    on->recording->push_back(std::move(operation));
  else
    operation();
}

void put_beside(Stream& stream, std::function<void()> operation) {
  ++cuda_stream(stream).handle()->recorded_beside;
  put(stream, std::move(operation));
}

void shuffle_by(Cuda& cuda, std::uint64_t seed) {
  CUstream_st* on = cuda_stream(cuda.stream()).handle();
  on->seed = seed;
  on->launches = 0;
}

}  // namespace simt

CudaMachine cuda_machine() {
  return {.devices = {{.index = 0,
                       .name = "SIMT executor",
                       .memory = simt::DeviceMemory::capacity,
                       .free_memory = simt::device_memory().free_bytes(),
                       .capability_major = 9,
                       .capability_minor = 0,
                       .multiprocessors = 4,
                       .l2_bytes = std::size_t{1} << 20U,
                       .shared_per_block = std::size_t{227} << 10U,
                       .driver_version = 13000,
                       .runtime_version = 13000}},
          .missing = {}};
}

void CudaStream::synchronize() {
  if (handle_->recording != nullptr) not_while_recording("a wait");
}

Cuda::Cuda(int device, const CudaChoices& choices) : choices_(choices) {
  const CudaMachine machine = cuda_machine();
  if (device != 0) no_cuda_device(device, machine);
  device_ = machine.devices[0];
  stream_.handle_ = new CUstream_st;  // NOLINT(cppcoreguidelines-owning-memory): the handle is the runtime's kind of pointer
}
Cuda::~Cuda() { delete stream_.handle_; }

double clock_hz(const CudaDevice&) { return 1e9; }
std::string Cuda::name() const { return device_.name; }
std::size_t Cuda::free_memory() const { return simt::device_memory().free_bytes(); }
void Cuda::enter() {}

void Cuda::copy_in(void* device, const void* host, std::size_t bytes) {
  if (recording_) not_while_recording("a copy from the host");
  if (bytes == 0) return;
  ++counters_.host_copies;
  on_device(device, bytes, [=] { std::memcpy(device, host, bytes); });
}
void Cuda::copy_out(void* host, const void* device, std::size_t bytes) {
  if (recording_) not_while_recording("a copy to the host");
  if (bytes == 0) return;
  ++counters_.host_copies;
  on_device(device, bytes, [=] { std::memcpy(host, device, bytes); });
}
void Cuda::copy(void* to, const void* from, std::size_t bytes) {
  if (bytes == 0) return;
  ++counters_.device_copies;
  simt::put(stream_, [=] { on_device(to, bytes, [=] { on_device(from, bytes, [=] { std::memmove(to, from, bytes); }); }); });
}
void Cuda::zero(void* device, std::size_t bytes) {
  if (bytes != 0) simt::put(stream_, [=] { on_device(device, bytes, [=] { std::memset(device, 0, bytes); }); });
}

std::unique_ptr<Recording> Cuda::record(const std::function<void()>& work) {
  Operations operations;
  struct Leave {
    bool* recording;
    CUstream_st* stream;
    ~Leave() {
      *recording = false;
      stream->recording = nullptr;
    }
  } const leave{&recording_, stream_.handle_};
  recording_ = true;
  stream_.handle_->recording = &operations;
  stream_.handle_->recorded_beside = 0;
  work();
  return std::make_unique<Recorded>(std::move(operations), stream_.handle_->recorded_beside, counters_);
}

void* Cuda::allocate(std::size_t bytes) {
  if (recording_) not_while_recording("an allocation");
  ++counters_.allocations;
  void* data = simt::device_memory().allocate(bytes);
  if (data == nullptr)
    throw Error({.category = Category::device,
                 .where = name(),
                 .what = "out of memory",
                 .expected = std::to_string(bytes) + " bytes",
                 .got = std::to_string(free_memory()) + " bytes free",
                 .hint = "Use a smaller --batch-size or --image-size."});
  return data;
}
void Cuda::release(void* data, std::size_t bytes) noexcept { simt::device_memory().release(data, bytes); }

}  // namespace lehr
