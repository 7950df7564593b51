// library_call.h: a vendor's call on a stream. On a GPU it is made at once, and the stream takes what it launches; the executor, on which a
// library of the tests computes at once (tests/cuda/fakes), keeps it while a graph is recorded.
#pragma once

#include <utility>

#ifdef LEHR_SIMT
#include "kernels/simt/stream.h"
#else
#include "kernels/cuda.h"
#endif

namespace lehr {

/// call(stream): what it holds must live as long as the recording does.
template <class Call>
void call_library(Stream& stream, Call call) {
#ifdef LEHR_SIMT
  simt::put(stream, [call = std::move(call)] { call(nullptr); });
#else
  call(cuda_stream(stream).handle());
#endif
}

}  // namespace lehr
