#include "kernels/simt/fiber.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <new>

#if !defined(__x86_64__) || defined(LEHR_SIMT_UCONTEXT)
#include <ucontext.h>
#define LEHR_SIMT_BY_UCONTEXT
#endif

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace lehr::simt {

#ifdef LEHR_SIMT_BY_UCONTEXT
struct Context {
  ucontext_t at = {};
};
static void switch_to(Context* from, Context* to) { swapcontext(&from->at, &to->at); }
#else
struct Context {
  void* stack = nullptr;
};
// The registers that a call must keep (System V ABI), on the stack that is left; then the other stack, and its registers.
extern "C" void lehr_simt_switch(void** from, void* to);
extern "C" void lehr_simt_begin();  // calls rbp with rbx as its argument
asm(R"(
.text
.type lehr_simt_switch, @function
lehr_simt_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size lehr_simt_switch, .-lehr_simt_switch
.type lehr_simt_begin, @function
lehr_simt_begin:
  movq %rbx, %rdi
  callq *%rbp
  ud2
.size lehr_simt_begin, .-lehr_simt_begin
)");
static void switch_to(Context* from, Context* to) { lehr_simt_switch(&from->stack, to->stack); }
#endif

Fiber::Fiber(std::size_t stack_bytes, std::function<void()> body)
    : bytes_(stack_bytes), body_(std::move(body)), here_(new Context), there_(new Context) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void* memory = mmap(nullptr, bytes_ + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  mprotect(memory, page, PROT_NONE);
  stack_ = static_cast<char*>(memory) + page;
  prepare();
}

Fiber::~Fiber() {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  munmap(stack_ - page, bytes_ + page);
  delete here_;
  delete there_;
}

bool Fiber::holds(const void* address) const {
  const auto at = reinterpret_cast<std::uintptr_t>(address), begin = reinterpret_cast<std::uintptr_t>(stack_);
  return at >= begin && at < begin + bytes_;
}

void Fiber::start(Fiber* fiber) {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(nullptr, &fiber->scheduler_stack_, &fiber->scheduler_bytes_);
#endif
  fiber->body_();
  std::abort();  // a body never returns
}

void Fiber::prepare() {
#ifdef LEHR_SIMT_BY_UCONTEXT
  getcontext(&here_->at);
  here_->at.uc_stack.ss_sp = stack_;
  here_->at.uc_stack.ss_size = bytes_;
  here_->at.uc_link = nullptr;
  // makecontext passes ints; a pointer travels as two.
  const auto self = reinterpret_cast<std::uintptr_t>(this);
  makecontext(&here_->at, reinterpret_cast<void (*)()>(+[](unsigned high, unsigned low) {
    start(reinterpret_cast<Fiber*>((static_cast<std::uintptr_t>(high) << 32U) | low));  // NOLINT(performance-no-int-to-ptr)
  }),
              2, static_cast<unsigned>(self >> 32U), static_cast<unsigned>(self));
#else
  // As lehr_simt_switch would have left it: six registers and the address to go on at, with the stack on a multiple of 16 there.
  auto** top = reinterpret_cast<void**>(stack_ + bytes_);
  *--top = nullptr;
  *--top = nullptr;
  *--top = reinterpret_cast<void*>(&lehr_simt_begin);
  *--top = reinterpret_cast<void*>(&Fiber::start);  // rbp
  *--top = this;                                    // rbx
  for (int i = 0; i < 4; ++i) *--top = nullptr;
  here_->stack = top;
#endif
}

void Fiber::restart() {
#if defined(__SANITIZE_ADDRESS__)
  __asan_unpoison_memory_region(stack_, bytes_);
  fake_here_ = nullptr;
#endif
  prepare();
}

void Fiber::enter() {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(&fake_there_, stack_, bytes_);
#endif
  switch_to(there_, here_);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(fake_there_, nullptr, nullptr);
#endif
}

void Fiber::leave() {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(&fake_here_, scheduler_stack_, scheduler_bytes_);
#endif
  switch_to(here_, there_);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(fake_here_, &scheduler_stack_, &scheduler_bytes_);
#endif
}

}  // namespace lehr::simt
