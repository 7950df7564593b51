// fuzzer.cpp: libFuzzer's entry points. One program for all readers: LEHR_FUZZ_READER in the environment names one.
//   https://llvm.org/docs/LibFuzzer.html
// Zip archives carry checksums that no random change would meet: the mutator puts them right again, so that what stands behind them is reached.
#include <zlib.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "kernels/error.h"
#include "tests/fuzz/readers.h"

extern "C" {
size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);
int __sanitizer_install_malloc_and_free_hooks(void (*malloc_hook)(const volatile void*, size_t), void (*free_hook)(const volatile void*));
size_t __sanitizer_get_allocated_size(const volatile void* p);
}

namespace {

using lehr::fuzz::Reader;

std::atomic<std::int64_t> held{0}, most{0};
std::atomic<bool> counting{false};

void on_malloc(const volatile void*, size_t bytes) {
  if (!counting) return;
  const std::int64_t now = held += static_cast<std::int64_t>(bytes);
  if (now > most) most = now;
}
void on_free(const volatile void* p) {
  if (counting && p != nullptr) held -= static_cast<std::int64_t>(__sanitizer_get_allocated_size(p));
}

const Reader& chosen() {
  static const Reader& reader = [&]() -> const Reader& {
    const char* name = std::getenv("LEHR_FUZZ_READER");
    const Reader* found = name == nullptr ? nullptr : lehr::fuzz::reader_of(name);
    if (found == nullptr) {
      std::fputs("LEHR_FUZZ_READER names no reader; there are:", stderr);
      for (const auto& known : lehr::fuzz::readers()) std::fprintf(stderr, " %s", known.name.data());
      std::fputs("\n", stderr);
      std::exit(2);
    }
    __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);
    return *found;
  }();
  return reader;
}

std::uint32_t little(const uint8_t* at, int bytes) {
  std::uint32_t value = 0;
  for (int i = 0; i < bytes; ++i) value |= static_cast<std::uint32_t>(at[i]) << (8 * i);
  return value;
}

/// Checksums of all stored entries as the directory's own offsets and sizes would have them.
void repair_zip(uint8_t* data, size_t size) {
  for (size_t at = 0; at + 46 <= size; ++at) {
    if (little(data + at, 4) != 0x02014b50) continue;
    const std::uint64_t bytes = little(data + at + 20, 4), local = little(data + at + 42, 4);
    if (little(data + at + 10, 2) != 0 || local + 30 > size) continue;
    const std::uint64_t begin = local + 30 + little(data + local + 26, 2) + little(data + local + 28, 2);
    if (begin > size || bytes > size - begin) continue;
    const auto sum = static_cast<std::uint32_t>(crc32_z(0, data + begin, bytes));
    std::memcpy(data + at + 16, &sum, sizeof sum);
  }
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned) {
  const size_t changed = LLVMFuzzerMutate(data, size, max_size);
  if (chosen().name == "keras" || chosen().name == "npz") repair_zip(data, changed);
  return changed;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Reader& reader = chosen();
  std::uint64_t value = 0;
  bool refused = false;
  held = most = 0;
  counting = true;
  try {
    value = reader.read(std::as_bytes(std::span(data, size)));
  } catch (const lehr::Error&) {
    refused = true;
  }
  counting = false;
  const std::uint64_t allowed = lehr::fuzz::allowance(reader, size, value, refused).bytes;
  if (static_cast<std::uint64_t>(most.load()) > allowed) {
    std::fprintf(stderr, "%lld bytes at once for a file of %zu (%s, value of %llu): more than %llu\n", static_cast<long long>(most), size,
                 refused ? "refused" : "read", static_cast<unsigned long long>(value), static_cast<unsigned long long>(allowed));
    std::abort();
  }
  return 0;
}
