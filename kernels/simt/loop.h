// loop.h: the executor's loop: a recording that is launched again while its last kernel says so.
#pragma once

namespace lehr::simt {

/// What cudaGraphSetConditional is to a kernel.
void go_on(unsigned long long loop, bool more);

}  // namespace lehr::simt
