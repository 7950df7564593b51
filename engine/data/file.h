// file.h: whole files as bytes. Reading names the file in its errors.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace lehr {

std::vector<std::byte> read_bytes(const std::string& file);
/// Beside the target, then renamed, but without waiting for the disk: for folders of thousands of images.
void write_bytes(const std::string& file, std::span<const std::byte> bytes);

}  // namespace lehr
