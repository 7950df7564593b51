// fiber.h: a stack of its own that is switched to and from by name. One switch costs about 20 ns by the assembly of x86-64 and 600 ns by
// swapcontext, which stands in elsewhere.
#pragma once

#include <cstddef>
#include <functional>

namespace lehr::simt {

/// A place to switch to: where a stack was left.
struct Context;

class Fiber {
 public:
  /// `body` runs on this fiber when it is first entered and must never return.
  Fiber(std::size_t stack_bytes, std::function<void()> body);
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  void enter();                           ///< from the scheduler's stack; comes back when the fiber leaves
  void leave();                           ///< from the fiber's own stack
  void restart();                         ///< what lay on the stack is forgotten; the next enter() begins `body` anew
  bool holds(const void* address) const;  ///< whether it lies on this fiber's stack

 private:
  static void start(Fiber* fiber);
  void prepare();

  std::size_t bytes_;
  char* stack_;  // above a page that nobody may touch
  std::function<void()> body_;
  Context* here_;
  Context* there_;
  void* fake_here_ = nullptr;  // AddressSanitizer's
  void* fake_there_ = nullptr;
  const void* scheduler_stack_ = nullptr;
  std::size_t scheduler_bytes_ = 0;
};

}  // namespace lehr::simt
