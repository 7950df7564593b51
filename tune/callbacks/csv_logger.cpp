#include "tune/callbacks/csv_logger.h"

#include <algorithm>
#include <utility>

#include "engine/atomic_file.h"
#include "engine/data/csv.h"
#include "tune/callbacks/callback_state.h"
#include "tune/format.h"

namespace lehr {

namespace {

// The text so far belongs to the state: a run that is killed and goes on ends with the file of one that never was.
struct CsvState {
  static constexpr SpecInfo info{.name = "csv_logger_state"};
  std::vector<std::string> columns = {};
  std::string text = {};
  bool begun = false;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("columns", self.columns, "");
    f("text", self.text, "");
    f("begun", self.begun, "");
  }
};

class CSVLoggerCallback final : public Callback {
 public:
  explicit CSVLoggerCallback(CSVLogger spec) : spec_(std::move(spec)) {
    if (spec_.separator.size() != 1)
      throw Error({.category = Category::usage,
                   .where = "csv_logger",
                   .what = "a separator is one character",
                   .expected = ", or ;",
                   .got = spec_.separator});
  }

  void on_train_begin(Run& run) override {
    if (run.replayed()) return;
    const auto file = run.file(spec_.filename.value());
    if (!state_.begun) {
      if (spec_.append && std::filesystem::exists(file)) state_.text = read_file(file);
      has_header_ = !state_.text.empty();
    }
    state_.begun = true;
    write_file_atomically(file, state_.text);
    whole_ = true;
  }

  void on_epoch_end(Run& run, std::int64_t epoch, EpochLogs& logs) override {
    if (run.replayed()) return;
    std::string row;
    if (state_.columns.empty()) row = choose_columns(logs);
    row += std::to_string(epoch);
    for (const auto& name : state_.columns) {
      const double* value = find_log(logs, name);
      row += spec_.separator + (value == nullptr ? "NA" : repr(*value));
    }
    add(run.file(spec_.filename.value()), row + "\r\n");
  }

  CallbackState save() const override { return callback_state(state_); }
  void load(const CallbackState& state) override { state_ = state_from<CsvState>(state); }

 private:
  /// Appended: training waits for no disk. After a row that had no room the whole text is written.
  void add(const std::filesystem::path& file, const std::string& rows) {
    state_.text += rows;
    const bool whole = std::exchange(whole_, false);
    if (whole)
      append_to_file(file, rows);
    else
      write_file_atomically(file, state_.text);
    whole_ = true;
  }

  // Without a val_ name in the first row Keras adds one for each, learning rate included. Returns the header.
  std::string choose_columns(const EpochLogs& logs) {
    for (const auto& [name, value] : logs) state_.columns.push_back(name);
    std::sort(state_.columns.begin(), state_.columns.end());
    const auto validated = [](const std::string& name) { return name.starts_with("val_"); };
    if (std::none_of(state_.columns.begin(), state_.columns.end(), validated))
      for (std::size_t i = 0, n = state_.columns.size(); i < n; ++i) state_.columns.push_back("val_" + state_.columns[i]);
    if (has_header_) return {};
    std::string header = "epoch";
    for (const auto& name : state_.columns) header += spec_.separator + csv_field(name, spec_.separator[0]);
    return header + "\r\n";
  }

  CSVLogger spec_;
  CsvState state_;
  bool has_header_ = false;
  bool whole_ = false;  ///< the file holds all of the text
};

}  // namespace

std::unique_ptr<Callback> make_callback(const CSVLogger& spec) { return std::make_unique<CSVLoggerCallback>(spec); }

}  // namespace lehr
