// cifar_pickle.h: just the structure of a CIFAR batch out of a pickle. Nothing is imported or called: the few opcodes that such a file is
// made of move plain values on a stack, any other is an error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lehr {

struct CifarBatch {
  std::span<const std::byte> data = {};  ///< rows x 3072, inside the file's bytes
  std::vector<std::int64_t> labels = {};
};

CifarBatch parse_cifar_pickle(std::span<const std::byte> bytes, const std::string& file);

}  // namespace lehr
