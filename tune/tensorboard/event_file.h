// event_file.h: events.out.tfevents.*: TFRecords of Event messages, which TensorBoard shows.
//   record: length (8 bytes), masked CRC-32C of the length, bytes, masked CRC-32C of the bytes; mask(c) = rotate_right(c, 15) + 0xa282ead8
// Messages: tensorflow/core/util/event.proto, framework/summary.proto; tensorboard/plugins/hparams/{api,plugin_data}.proto.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/array.h"

namespace lehr::tensorboard {

std::uint32_t crc32c(std::string_view bytes);  ///< Castagnoli
std::string record(std::string_view event);

/// One Event, serialized. `wall_time`: seconds since 1970. `step`: an epoch, or an optimizer step.
struct Moment {
  double wall_time = 0;
  std::int64_t step = 0;
};
std::string file_version(Moment at);
std::string scalar(Moment at, const std::string& tag, double value);
/// In `buckets` of equal width; values that are no numbers are left out.
std::string histogram(Moment at, const std::string& tag, std::span<const float> values, int buckets = 30);
std::string image(Moment at, const std::string& tag, const Array& pixels);  ///< uint8 (height, width, channels)
/// The HParams tab: what the run was made with (numbers as numbers), the metrics to show, and later how it ended.
std::string hparams_experiment(Moment at, const std::vector<std::pair<std::string, std::string>>& settings,
                               const std::vector<std::string>& metric_tags);
std::string hparams_begin(Moment at, const std::vector<std::pair<std::string, std::string>>& settings, const std::string& group);
std::string hparams_end(Moment at, bool success);

/// `events.out.tfevents.<seconds>.<host>.<process>.<n>.v2`, as TensorFlow names them: never twice the same.
std::string event_file_name(double wall_time);

/// Appends whole records with one write a flush.
class EventFile {
 public:
  EventFile() = default;
  /// `keep`: bytes of an earlier run's file that hold, whatever lies behind them goes. 0: a new file with its version record.
  EventFile(std::filesystem::path path, std::int64_t keep, double wall_time);
  void add(const std::string& event) { pending_ += record(event); }
  void flush();  ///< Error{data} where it cannot be written
  std::int64_t bytes() const { return bytes_; }
  bool open() const { return !path_.empty(); }

 private:
  std::filesystem::path path_;
  std::string pending_;
  std::int64_t bytes_ = 0;
};

}  // namespace lehr::tensorboard
