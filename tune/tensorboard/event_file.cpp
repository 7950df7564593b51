#include "tune/tensorboard/event_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <charconv>
#include <cmath>

#include "engine/atomic_file.h"
#include "engine/data/image_write.h"
#include "tune/tensorboard/message.h"

namespace lehr::tensorboard {

namespace {

constexpr std::array<std::uint32_t, 256> crc_table = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t c = i;
    for (int k = 0; k < 8; ++k) c = c >> 1U ^ ((c & 1U) != 0 ? 0x82f63b78U : 0U);
    table[i] = c;
  }
  return table;
}();

std::uint32_t masked(std::uint32_t crc) { return std::rotr(crc, 15) + 0xa282ead8U; }

std::string little_endian(std::uint64_t value, int size) {
  std::string out;
  for (int i = 0; i < size; ++i) out += static_cast<char>(value >> 8U * static_cast<unsigned>(i) & 0xffU);
  return out;
}

Message event(Moment at) {
  Message out;
  out.real(1, at.wall_time);
  if (at.step != 0) out.integer(2, at.step);
  return out;
}

std::string with_value(Moment at, const Message& value) { return event(at).message(5, Message().message(1, value)).bytes(); }

Message tagged(const std::string& tag) { return Message().text(1, tag); }

/// A value without data: its metadata holds what the HParams plugin reads.
std::string plugin_event(Moment at, const std::string& tag, const Message& data) {
  const Message plugin = Message().text(1, "hparams").text(2, data.bytes());
  return with_value(at, tagged(tag).message(9, Message().message(1, plugin)));
}

bool as_number(const std::string& text, double& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

/// google.protobuf.Value
Message json_value(const std::string& text) {
  double number = 0;
  if (text == "true" || text == "false") return Message().integer(4, text == "true" ? 1 : 0);
  return as_number(text, number) ? Message().real(2, number) : Message().text(3, text);
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t c = 0xffffffffU;
  for (const char byte : bytes) c = crc_table[(c ^ static_cast<unsigned char>(byte)) & 0xffU] ^ c >> 8U;
  return ~c;
}

std::string record(std::string_view bytes) {
  const std::string length = little_endian(bytes.size(), 8);
  return length + little_endian(masked(crc32c(length)), 4) + std::string(bytes) + little_endian(masked(crc32c(bytes)), 4);
}

std::string file_version(Moment at) { return event(at).text(3, "brain.Event:2").bytes(); }

std::string scalar(Moment at, const std::string& tag, double value) {
  return with_value(at, tagged(tag).single(2, static_cast<float>(value)));
}

std::string histogram(Moment at, const std::string& tag, std::span<const float> values, int buckets) {
  double low = 0, high = 0, sum = 0, squares = 0;
  std::int64_t count = 0;
  for (const float v : values) {
    if (!std::isfinite(v)) continue;
    const auto x = static_cast<double>(v);
    low = count == 0 ? x : std::min(low, x);
    high = count == 0 ? x : std::max(high, x);
    sum += x;
    squares += x * x;
    ++count;
  }
  const double width = (high - low) / buckets;
  std::vector<double> limits, counts(static_cast<std::size_t>(buckets));
  for (int i = 1; i <= buckets; ++i) limits.push_back(i == buckets ? high : low + width * i);
  if (!(width > 0)) {  // one value
    limits = {high};
    counts = {static_cast<double>(count)};
  } else {
    for (const float v : values)
      if (std::isfinite(v)) ++counts[static_cast<std::size_t>(std::clamp((static_cast<double>(v) - low) / width, 0.0, buckets - 1.0))];
  }
  const Message histo = Message()
                            .real(1, low)
                            .real(2, high)
                            .real(3, static_cast<double>(count))
                            .real(4, sum)
                            .real(5, squares)
                            .reals(6, limits)
                            .reals(7, counts);
  return with_value(at, tagged(tag).message(5, histo));
}

std::string image(Moment at, const std::string& tag, const Array& pixels) {
  const auto png = encode_png(pixels);
  const Message value = Message()
                            .integer(1, pixels.shape()[0])
                            .integer(2, pixels.shape()[1])
                            .integer(3, pixels.shape()[2])
                            .text(4, {reinterpret_cast<const char*>(png.data()), png.size()});
  return with_value(at, tagged(tag).message(4, value));
}

std::string hparams_experiment(Moment at, const std::vector<std::pair<std::string, std::string>>& settings,
                               const std::vector<std::string>& metric_tags) {
  Message experiment;
  for (const auto& [name, text] : settings) {
    double number = 0;
    const int type = text == "true" || text == "false" ? 2 : as_number(text, number) ? 3 : 1;  // bool, float64, string
    experiment.message(4, Message().text(1, name).integer(4, type));
  }
  for (const auto& tag : metric_tags) experiment.message(5, Message().message(1, Message().text(2, tag)));
  return plugin_event(at, "_hparams_/experiment", Message().message(2, experiment));
}

std::string hparams_begin(Moment at, const std::vector<std::pair<std::string, std::string>>& settings, const std::string& group) {
  Message start;
  for (const auto& [name, text] : settings) start.message(1, Message().text(1, name).message(2, json_value(text)));
  start.text(4, group).real(5, at.wall_time);
  return plugin_event(at, "_hparams_/session_start_info", Message().message(3, start));
}

std::string hparams_end(Moment at, bool success) {
  return plugin_event(at, "_hparams_/session_end_info", Message().message(4, Message().integer(1, success ? 1 : 2).real(2, at.wall_time)));
}

std::string event_file_name(double wall_time) {
  static std::atomic<int> number{0};
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host = {'l', 'e', 'h', 'r'};
  return fmt::format("events.out.tfevents.{}.{}.{}.{}.v2", static_cast<std::int64_t>(wall_time), host.data(), ::getpid(), number++);
}

EventFile::EventFile(std::filesystem::path path, std::int64_t keep, double wall_time) : path_(std::move(path)) {
  std::error_code error;
  std::filesystem::create_directories(path_.parent_path(), error);
  const auto there = std::filesystem::exists(path_, error) ? static_cast<std::int64_t>(std::filesystem::file_size(path_, error)) : 0;
  if (keep > 0 && there >= keep) {
    std::filesystem::resize_file(path_, static_cast<std::uintmax_t>(keep), error);
    bytes_ = keep;
    return;
  }
  std::filesystem::remove(path_, error);
  add(file_version({.wall_time = wall_time}));
}

void EventFile::flush() {
  if (pending_.empty()) return;
  append_to_file(path_, pending_);  // all or nothing: half a record would end the file for every reader
  bytes_ += static_cast<std::int64_t>(pending_.size());
  pending_.clear();
}

}  // namespace lehr::tensorboard
