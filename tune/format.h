// format.h: numbers as people (and Keras) write them.
#pragma once

#include <cstdint>
#include <string>

namespace lehr {

std::string repr(double value);                          ///< Python's repr: shortest that reads back: 1e-05, 0.0001, 1.0, nan, inf
std::string duration_text(double seconds);               ///< 0.4s · 12s · 1m 23s · 2h 05m · 3d 04h
std::string clock_text(double seconds);                  ///< Keras's time left: 12s · 1:23 · 1:02:03
std::string step_time_text(double seconds);              ///< Keras's 61ms/step
std::string metric_text(double value);                   ///< Keras's %.4f, or %.4e for |value| <= 1e-3
std::string count_text(std::int64_t value);              ///< 14,714,688
std::string bytes_text(double bytes);                    ///< 512 B · 1.5 kB · 42.0 MB · 1.3 GB (powers of 1000)
std::string rate_text(double samples_per_s);             ///< 12,345 samples/s · 3.2 samples/s
std::string percent_text(double share, int digits = 1);  ///< 0.876 → 87.6 %

}  // namespace lehr
