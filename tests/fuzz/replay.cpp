// fuzz_corpus FOLDER: every file of the corpora once through its reader, in a program that any compiler builds. What a fuzzer has found stays
// found: each find lies here as a file. What `new` gives out is counted (libraries in C are not).
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <new>

#include "engine/data/file.h"
#include "kernels/error.h"
#include "tests/fuzz/readers.h"

namespace {

std::atomic<std::int64_t> held{0}, most{0};

void* give(std::size_t bytes) {
  void* const out = std::malloc(bytes);
  if (out == nullptr) throw std::bad_alloc();
  const auto now = held += static_cast<std::int64_t>(malloc_usable_size(out));
  if (now > most) most = now;
  return out;
}
void take(void* p) {
  if (p != nullptr) held -= static_cast<std::int64_t>(malloc_usable_size(p));
  std::free(p);
}

/// Empty where all is well.
std::string read_once(const lehr::fuzz::Reader& reader, const std::string& file, int& read, int& refused) {
  const auto bytes = lehr::read_bytes(file);
  std::uint64_t value = 0;
  bool failed = false;
  const std::int64_t before = held;
  most = before;
  try {
    value = reader.read(bytes);
  } catch (const lehr::Error& error) {
    if (error.info().what.empty()) return "an error that says nothing";
    failed = true;
  }
  ++(failed ? refused : read);
  const auto peak = static_cast<std::uint64_t>(most - before), allowed = lehr::fuzz::allowance(reader, bytes.size(), value, failed).bytes;
  if (peak > allowed) return std::to_string(peak) + " bytes at once, more than " + std::to_string(allowed);
  return {};
}

}  // namespace

void* operator new(std::size_t bytes) { return give(bytes); }
void* operator new[](std::size_t bytes) { return give(bytes); }
// std::stable_sort asks for its buffer this way.
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  try {
    return give(bytes);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void operator delete(void* p) noexcept { take(p); }
void operator delete[](void* p) noexcept { take(p); }
void operator delete(void* p, std::size_t) noexcept { take(p); }
void operator delete[](void* p, std::size_t) noexcept { take(p); }

int main(int count, char** arguments) {
  namespace fs = std::filesystem;
  if (count != 2) {
    std::cerr << "usage: fuzz_corpus FOLDER\n";
    return 2;
  }
  bool good = true;
  for (const auto& reader : lehr::fuzz::readers()) {
    int read = 0, refused = 0;
    for (const auto& file : fs::directory_iterator(fs::path(arguments[1]) / reader.name)) {
      const std::string wrong = read_once(reader, file.path().string(), read, refused);
      if (wrong.empty()) continue;
      std::cerr << file.path().string() << ": " << wrong << '\n';
      good = false;
    }
    std::cout << reader.name << ": " << read << " read, " << refused << " refused\n";
    if (read == 0 || refused == 0) {
      std::cerr << reader.name << ": a corpus holds files of both kinds\n";
      good = false;
    }
  }
  return good ? 0 : 1;
}
