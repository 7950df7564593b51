// data_error.h: what a reader says about a bad file. Needs doctest included before.
#pragma once

#include <string>

#include "kernels/error.h"

/// The message of the Error{data} that `read` throws; "(none)" where it throws nothing.
template <class Read>
std::string data_error(const Read& read) {
  try {
    read();
  } catch (const lehr::Error& error) {
    CHECK(error.info().category == lehr::Category::data);
    return error.what();
  }
  return "(none)";
}

inline bool mentions(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Every way of cutting and flipping `bytes` must end in a value or in an Error: no crash, no hang, no huge allocation.
template <class Read>
void survive_damage(const std::string& bytes, const Read& read) {
  const auto attempt = [&](const std::string& damaged) {
    try {
      read(damaged);
    } catch (const lehr::Error&) {
    }
  };
  for (std::size_t size = 0; size < bytes.size(); size += 1 + bytes.size() / 97) attempt(bytes.substr(0, size));
  unsigned state = 1;
  for (int i = 0; i < 200; ++i) {
    std::string damaged = bytes;
    for (int flips = 0; flips < 3; ++flips) {
      state = state * 1664525U + 1013904223U;
      damaged[(state >> 8U) % damaged.size()] = static_cast<char>(state >> 24U);
    }
    attempt(damaged);
  }
}
