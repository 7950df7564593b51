// child_process.h: work that may crash, hang or eat memory, in a short-lived copy of this process. libhdf5 does all three on damaged files
// (measured: 48 crashes and 5 hangs in 1,684 bit-flipped inputs), so it only ever runs there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace lehr {

/// How the child hands over what it found: bytes into a pipe, in large pieces.
class ChildOutput {
 public:
  explicit ChildOutput(int descriptor) : descriptor_(descriptor) {}
  void write(std::span<const std::byte> bytes);
  void flush();

 private:
  int descriptor_;
  std::vector<std::byte> buffer_;
};

struct ChildLimits {
  std::uint64_t memory = 0;  ///< bytes beyond what the process holds already
  std::uint64_t output = 0;  ///< bytes that may come back
  unsigned seconds = 10;     ///< of computing; six times that on the clock
};

/// Forks, runs `work` in the child and returns what it wrote. The child sees this process's memory as it was, needs no other thread of it,
/// and changes nothing here. A child that dies, runs out of its limits or throws is Error{data} about `where`, with `what` as its subject.
std::vector<std::byte> run_in_child(const std::string& where, const std::string& what, const ChildLimits& limits,
                                    const std::function<void(ChildOutput&)>& work);

}  // namespace lehr
