#include "engine/data/row_hash.h"

#include "engine/data/parallel_rows.h"

namespace lehr {

void ContentHash::add(const void* data, std::size_t bytes) {
  const auto* at = static_cast<const unsigned char*>(data);
  for (; bytes >= 8; at += 8, bytes -= 8) {
    std::uint64_t word = 0;
    for (unsigned i = 0; i < 8; ++i) word |= std::uint64_t{at[i]} << (8 * i);
    mix(word);
  }
  for (; bytes > 0; ++at, --bytes) mix(*at);
}

void ContentHash::add(const std::string& text) {
  add(text.data(), text.size());
  mix(text.size());
}

void ContentHash::add(const Array& array) {
  add(array.shape().text() + std::string(name_of(array.dtype())));
  add(array.data(), array.bytes());
}

std::vector<std::byte> row_bytes(const Dataset& data, std::int64_t row) {
  const auto bytes = static_cast<std::size_t>(data.sample_shape().elements()) * size_of(data.x_dtype());
  std::vector<std::byte> out(bytes);
  if (data.streamed)
    data.streamed->read(row, out);
  else
    std::copy_n(data.x.data() + static_cast<std::size_t>(row) * bytes, bytes, out.data());
  return out;
}

std::vector<std::uint64_t> row_hashes(const Dataset& data) {
  std::vector<std::uint64_t> out(static_cast<std::size_t>(data.size()));
  for_rows(data.size(), 0, nullptr, [&](std::int64_t row) {
    const auto bytes = row_bytes(data, row);
    ContentHash hash;
    hash.add(bytes.data(), bytes.size());
    out[static_cast<std::size_t>(row)] = hash.value();
  });
  return out;
}

bool same_row(const Dataset& a, std::int64_t row_a, const Dataset& b, std::int64_t row_b) {
  return a.x_dtype() == b.x_dtype() && a.sample_shape() == b.sample_shape() && row_bytes(a, row_a) == row_bytes(b, row_b);
}

}  // namespace lehr
