#include "kernels/simt/loop.h"

#include <cstdint>
#include <string>

#include "kernels/cuda/loop.h"
#include "kernels/simt/executor.h"

namespace lehr {
namespace {

class Loop final : public Recording {
 public:
  Loop(Cuda& cuda, const std::function<void()>& work, std::int64_t times)
      : counters_(&cuda.counters()), times_(times), turns_(cuda, sizeof(std::uint32_t)) {
    cuda.zero(turns_.data(), turns_.bytes());
    body_ = cuda.record([&] {
      work();
      count_turn(cuda.stream(), reinterpret_cast<std::uintptr_t>(&more_), static_cast<std::uint32_t*>(turns_.data()),
                 static_cast<std::uint32_t>(times));
    });
  }
  void launch(Stream& stream) override {
    const std::int64_t launches = counters_->graph_launches + 1;
    more_ = true;
    for (std::int64_t turn = 0; more_; ++turn) {
      if (turn == times_) throw simt::Fault("a loop of " + std::to_string(times_) + " turns that does not end");
      body_->launch(stream);
    }
    counters_->graph_launches = launches;
  }
  std::int64_t nodes() const override { return 1 + body_->nodes(); }

 private:
  CudaCounters* counters_;
  std::int64_t times_;
  Buffer turns_;
  bool more_ = true;
  std::unique_ptr<Recording> body_;
};

}  // namespace

// A copy from the host and a wait are refused while the body is recorded, as in any recording: the error is the caller's.
std::unique_ptr<Recording> record_loop(Cuda& cuda, const std::function<void()>& work, std::int64_t times) {
  return std::make_unique<Loop>(cuda, work, times);
}

void simt::go_on(unsigned long long loop, bool more) {
  *reinterpret_cast<bool*>(loop) = more;  // NOLINT(performance-no-int-to-ptr): a handle, as CUDA's
}

}  // namespace lehr
