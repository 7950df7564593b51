#include "kernels/simt/executor.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <span>
#include <sstream>
#include <utility>
#include <vector>

#include "kernels/simt/fiber.h"
#include "kernels/simt/memory.h"

extern "C" char __executable_start;  // NOLINT: the linker's names for where the program's image begins and ends
extern "C" char _end;                // NOLINT

namespace lehr::simt {
namespace {

constexpr std::size_t stack_bytes = std::size_t{128} << 10U, shared_bytes = std::size_t{228} << 10U, most_shared = std::size_t{227} << 10U;

struct Thread {
  Dim3 index;
  unsigned number = 0;  ///< in its block
  Fiber* fiber = nullptr;
  bool done = false;
  Site waits = {};
  const char* waits_for = nullptr;
  void* payload = nullptr;
};

/// Lanes of a warp on their way to meet.
struct Meeting {
  std::uint32_t mask = 0, present = 0;
  const char* what = nullptr;
  Site site = {};
};
struct Warp {
  std::vector<Meeting> meetings;
  std::uint32_t epoch = 0;
};

class Executor {
 public:
  void run(const Launch& launch);
  void barrier(Site site);
  void meet(std::uint32_t mask, const char* what, void* payload, Combine combine, bool orders, Site site);
  void* shared_piece(const void* key, std::size_t bytes, std::size_t alignment);
  void check(const void* address, std::size_t bytes, Access access);
  [[noreturn]] void fault(std::string what);

  const Thread* current = nullptr;
  const Launch* launch = nullptr;
  Dim3 block;

 private:
  void run_block();
  void work(Fiber* fiber);
  void resume(Fiber* fiber);
  Fiber* idle_fiber();
  void wait(Thread& thread, const char* what, Site site);
  void release(std::span<Thread* const> those);
  std::string deadlock() const;
  std::string place(const Thread& thread) const;
  Thread& me() { return threads_[current->number]; }

  std::mt19937_64 random_;
  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::vector<Fiber*> idle_;
  std::vector<Thread> threads_;
  std::vector<Warp> warps_;
  std::vector<unsigned> order_;  // in which threads begin
  std::size_t begun_ = 0, done_ = 0;
  std::vector<Thread*> ready_, at_barrier_;
  std::uint32_t barriers_ = 0;
  std::string fault_;
  bool combining_ = false;

  ShadowedRegion& device_ = device_memory().region();
  ShadowedRegion shared_{shared_bytes};
  struct Piece {
    const void* key;
    std::size_t offset, bytes;
  };
  std::vector<Piece> pieces_;
  std::size_t shared_used_ = 0, shared_granted_ = 0;
  Moment now_;
  static std::uint32_t next_run();
};

std::uint32_t Executor::next_run() {
  static std::atomic<std::uint32_t> runs{0};
  return ++runs;
}

Executor& executor() {
  thread_local Executor one;
  return one;
}
thread_local Executor* active = nullptr;

std::string text(Dim3 d) {
  std::ostringstream out;
  out << "(" << d.x << "," << d.y << "," << d.z << ")";
  return out.str();
}
std::string text(Site s) {
  const std::string file = s.file_name();
  return file.substr(file.find_last_of('/') + 1) + ":" + std::to_string(s.line());
}

std::string Executor::place(const Thread& thread) const {
  return "kernel launched at " + text(launch->site) + ", block " + text(block) + ", thread " + text(thread.index);
}

// The stack is left for good: whoever calls it keeps nothing alive but `what`.
void Executor::fault(std::string what) {
  fault_ = place(*current) + ": " + std::exchange(what, {});
  what.shrink_to_fit();
  current->fiber->leave();
  std::abort();  // a faulted fiber is never entered again
}

Fiber* Executor::idle_fiber() {
  if (idle_.empty()) {
    auto slot = std::make_shared<Fiber*>(nullptr);
    fibers_.push_back(std::make_unique<Fiber>(stack_bytes, [this, slot] {
      for (;;) {
        work(*slot);
        idle_.push_back(*slot);
        (*slot)->leave();
      }
    }));
    *slot = fibers_.back().get();
    return *slot;
  }
  Fiber* fiber = idle_.back();
  idle_.pop_back();
  return fiber;
}

/// Threads from the block's list, one after the other; where one waits, the fiber is left in the middle of it.
void Executor::work(Fiber* fiber) {
  while (begun_ < order_.size()) {
    Thread& thread = threads_[order_[begun_++]];
    thread.fiber = fiber;
    current = &thread;
    launch->call(launch->parameters);
    me().done = true;
    ++done_;
  }
}

void Executor::wait(Thread& thread, const char* what, Site site) {
  thread.waits = site;
  thread.waits_for = what;
  thread.fiber->leave();
  thread.waits_for = nullptr;
}

void Executor::release(std::span<Thread* const> those) {
  ready_.insert(ready_.end(), those.begin(), those.end());
  std::shuffle(ready_.begin(), ready_.end(), random_);
}

void Executor::barrier(Site site) {
  Thread& thread = me();
  if (done_ != 0)
    fault([&] { return "__syncthreads at " + text(site) + ", but " + std::to_string(done_) + " threads of the block have returned"; }());
  if (!at_barrier_.empty() &&
      (at_barrier_[0]->waits.line() != site.line() || std::strcmp(at_barrier_[0]->waits.file_name(), site.file_name()) != 0))
    fault([&] {
      return "divergent barrier: this thread is at " + text(site) + ", another of its block at " + text(at_barrier_[0]->waits);
    }());
  at_barrier_.push_back(&thread);
  thread.waits = site;
  if (at_barrier_.size() == threads_.size()) {
    ++barriers_;
    release(at_barrier_);
    at_barrier_.clear();
  }
  wait(thread, "__syncthreads", site);
}

void Executor::meet(std::uint32_t mask, const char* what, void* payload, Combine combine, bool orders, Site site) {
  Thread& thread = me();
  const unsigned warp_number = thread.number / 32, mine = 1U << thread.number % 32;
  Warp& warp = warps_[warp_number];
  if ((mask & mine) == 0) fault([&] { return std::string(what) + " at " + text(site) + " by a lane that its mask does not name"; }());
  auto it = std::ranges::find_if(warp.meetings, [&](const Meeting& m) { return (m.mask & mask) != 0; });
  if (it == warp.meetings.end()) {
    warp.meetings.push_back({mask, 0, what, site});
    it = warp.meetings.end() - 1;
  }
  if (it->mask != mask || std::strcmp(it->what, what) != 0)
    fault([&] {
      return std::string(what) + " at " + text(site) + ", while other lanes of the warp are at " + it->what +
             " with another mask or purpose, at " + text(it->site);
    }());
  it->present |= mine;
  thread.payload = payload;
  if (it->present != mask) {
    wait(thread, what, site);
    return;
  }
  warp.meetings.erase(it);
  void* payloads[32] = {};
  Thread* all[32];  // no heap: this stack may be left for good
  std::size_t count = 0;
  for (unsigned l = 0; l < 32; ++l)
    if ((mask >> l & 1U) != 0) {
      Thread& one = threads_[warp_number * 32 + l];
      payloads[l] = one.payload;
      all[count++] = &one;
    }
  combining_ = true;  // payloads lie on the stacks of all lanes
  if (combine != nullptr) combine(payloads, mask);
  combining_ = false;
  if (orders) ++warp.epoch;
  release({all, count});
  wait(thread, what, site);
}

std::string Executor::deadlock() const {
  std::ostringstream out;
  out << "threads wait for each other for ever: ";
  if (!at_barrier_.empty())
    out << at_barrier_.size() << " of " << threads_.size() << " threads are at __syncthreads " << text(at_barrier_[0]->waits) << ", "
        << done_ << " have returned; ";
  for (std::size_t w = 0; w < warps_.size(); ++w)
    for (const Meeting& m : warps_[w].meetings)
      out << "warp " << w << " is at " << m.what << " " << text(m.site) << " and lacks lanes " << std::hex << (m.mask & ~m.present)
          << std::dec << " (hexadecimal) of its mask; ";
  std::string text = out.str();
  return text.substr(0, text.size() - 2);
}

void Executor::resume(Fiber* fiber) {
  fiber->enter();
  if (fault_.empty()) return;
  for (const auto& f : fibers_) f->restart();
  idle_.clear();
  for (const auto& f : fibers_) idle_.push_back(f.get());
  throw Fault(std::exchange(fault_, {}));
}

void Executor::run_block() {
  const auto count = static_cast<unsigned>(launch->block.count());
  threads_.assign(count, {});
  warps_.assign((count + 31) / 32, {});
  order_.resize(count);
  for (unsigned i = 0; i < count; ++i) {
    const Dim3 b = launch->block;
    threads_[i].index = {i % b.x, i / b.x % b.y, i / b.x / b.y};
    threads_[i].number = i;
    order_[i] = i;
  }
  std::shuffle(order_.begin(), order_.end(), random_);
  begun_ = done_ = 0;
  ready_.clear();
  at_barrier_.clear();
  barriers_ = 0;
  pieces_.clear();
  shared_.revoke(0, shared_bytes);
  shared_used_ = shared_granted_ = 0;
  now_.run = next_run();
  while (done_ < count) {
    const bool begin = begun_ < count && (ready_.empty() || random_() % 2 == 0);
    if (begin) {
      resume(idle_fiber());
    } else if (!ready_.empty()) {
      const Thread* next = ready_.back();
      ready_.pop_back();
      current = next;
      resume(next->fiber);
    } else {
      const auto stuck = std::ranges::find_if(threads_, [](const Thread& t) { return !t.done; });
      const std::string what = place(*stuck) + ": " + deadlock();
      for (const auto& f : fibers_) f->restart();
      idle_.clear();
      for (const auto& f : fibers_) idle_.push_back(f.get());
      throw Fault(what);
    }
  }
}

void Executor::run(const Launch& wanted) {
  if (wanted.block.count() == 0 || wanted.block.count() > 1024 || wanted.block.z > 64)
    throw Fault("kernel launched at " + text(wanted.site) + ": " + text(wanted.block) + " threads in a block, 1024 at most");
  if (wanted.grid.count() == 0 || wanted.grid.y > 65535 || wanted.grid.z > 65535 || wanted.grid.x > 2147483647U)
    throw Fault("kernel launched at " + text(wanted.site) + ": " + text(wanted.grid) + " blocks in a grid");
  if (wanted.dynamic_shared > most_shared) throw Fault("kernel launched at " + text(wanted.site) + ": too much dynamic shared memory");
  launch = &wanted;
  random_.seed(wanted.seed);
  std::vector<std::uint64_t> blocks(wanted.grid.count());
  for (std::size_t i = 0; i < blocks.size(); ++i) blocks[i] = i;
  std::shuffle(blocks.begin(), blocks.end(), random_);
  struct Leave {
    ~Leave() { active = nullptr; }
  } const leave;
  active = this;
  now_.first_run = next_run();
  for (const std::uint64_t b : blocks) {
    const Dim3 g = wanted.grid;
    block = {static_cast<unsigned>(b % g.x), static_cast<unsigned>(b / g.x % g.y), static_cast<unsigned>(b / g.x / g.y)};
    run_block();
  }
}

void* Executor::shared_piece(const void* key, std::size_t bytes, std::size_t alignment) {
  for (const Piece& piece : pieces_)
    if (piece.key == key) return shared_.begin() + piece.offset;
  constexpr std::size_t gap = 64;  // poisoned
  const std::size_t offset = (shared_used_ + std::max<std::size_t>(alignment, 8) - 1) / alignment * alignment;
  if (shared_granted_ + bytes > most_shared) fault("more than 227 KiB of shared memory");
  // The gaps do not count towards the limit, so a block near it runs out of the region first; nothing of ours comes near.
  if (offset + bytes + gap > shared_bytes) fault("more shared memory than the executor has");
  shared_granted_ += bytes;
  shared_used_ = offset + bytes + gap;
  shared_.grant(offset, bytes);
  shared_.fill(offset, 0xff, bytes);
  pieces_.push_back({key, offset, bytes});
  return shared_.begin() + offset;
}

void Executor::check(const void* address, std::size_t bytes, Access access) {
  if (combining_) return;
  const auto* at = static_cast<const char*>(address);
  const bool on_device = device_.holds(address), in_shared = shared_.holds(address);
  const auto did = [&] {
    return (access == Access::read ? "reads " : access == Access::write ? "writes " : "updates ") + std::to_string(bytes) + " bytes ";
  };
  if (on_device || in_shared) {
    if (!(on_device ? device_ : shared_).granted(address, bytes))
      fault([&] { return did() + "outside of every " + (on_device ? "buffer" : "shared array"); }());
    Moment now = now_;
    now.thread = current->number;
    now.block_epoch = barriers_;
    now.warp_epoch = warps_[current->number / 32].epoch;
    if (in_shared) now.first_run = now.run;  // other blocks have shared memory of their own
    std::uint32_t other = 0;
    if (!(on_device ? device_ : shared_).touch(address, bytes, access, now, other))
      fault([&] {
        return std::string("race on ") + (on_device ? "device" : "shared") + " memory: " + did() + "that thread " + std::to_string(other) +
               " of this or another block touched, with no barrier between";
      }());
    return;
  }
  if (current->fiber->holds(address)) return;
  const auto* parameters = static_cast<const char*>(launch->parameters);
  if (access == Access::read && at >= parameters && at + bytes <= parameters + launch->parameter_bytes) return;
  if (access == Access::read && at >= &__executable_start && at < &_end) return;  // constants
  fault([&] { return did() + "of host memory"; }());
}

}  // namespace

void run(const Launch& launch) { executor().run(launch); }
bool running() { return active != nullptr; }
Dim3 thread_index() { return active->current->index; }
Dim3 block_index() { return active->block; }
Dim3 block_dim() { return active->launch->block; }
Dim3 grid_dim() { return active->launch->grid; }
unsigned lane() { return active->current->number % 32; }
void trap() { active->fault("__trap"); }
void no_such_lane(int source) {
  active->fault([&] { return "a shuffle asks lane " + std::to_string(source) + ", which does not take part, for its value"; }());
}
void fault(std::string what) { active->fault(std::move(what)); }
void barrier(Site site) { active->barrier(site); }
void meet(std::uint32_t mask, const char* what, void* payload, Combine combine, bool orders, Site site) {
  active->meet(mask, what, payload, combine, orders, site);
}
void* shared_piece(const void* key, std::size_t bytes, std::size_t alignment) { return active->shared_piece(key, bytes, alignment); }
void* dynamic_shared() {
  static const char key = 0;
  return active->shared_piece(&key, active->launch->dynamic_shared, 128);
}
void check_access(const void* address, std::size_t bytes, Access access) {
  if (active != nullptr) active->check(address, bytes, access);
}

}  // namespace lehr::simt
