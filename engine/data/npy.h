// npy.h: NumPy's array file.  https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "engine/array.h"

namespace lehr {

/// What the header says. Versions 1 to 3; little- and big-endian; Fortran order is turned into C order on reading.
struct NpyHeader {
  Shape shape = {};
  DType dtype = DType::f32;  ///< what it becomes: bool -> uint8, int8/16, uint16 -> int32, float16 -> float32
  std::string descr = {};    ///< as in the file: "<f4"
  bool fortran_order = false;
  std::size_t offset = 0;  ///< of the first element
};

/// Throws Error{data} where it is not a header, or where fewer than shape x item size bytes follow (`total_bytes` is the whole file).
NpyHeader parse_npy_header(std::span<const std::byte> start, std::size_t total_bytes, const std::string& file);
std::size_t npy_item_bytes(const NpyHeader& header, const std::string& file);  ///< of an element in the file
bool npy_is_plain(const NpyHeader& header);  ///< the file's bytes are the array's: C order, this machine's byte order, no conversion
/// The elements of a C-ordered file, or of some of its rows, in an array of the given shape. `bytes` holds exactly those.
Array npy_elements(const NpyHeader& header, std::span<const std::byte> bytes, Shape shape, const std::string& file);
Array parse_npy(std::span<const std::byte> bytes, const std::string& file);
Array read_npy(const std::string& file);
std::vector<std::byte> encode_npy(const Array& array);
std::vector<std::byte> npy_header(const Array& array);  ///< what stands before its elements; of a bf16 array there are none to be written
void write_npy(const std::string& file, const Array& array);  ///< atomic

}  // namespace lehr
