// Everything that a person can give wrongly ends with a message that names it, with the contract's exit code, and with nothing lost.
#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "engine/atomic_file.h"
#include "engine/data/image_write.h"
#include "engine/json.h"
#include "tests/check/command.h"

namespace {

namespace fs = std::filesystem;

const std::string softmax = "--model 'flatten | dense(3, softmax)' ";

void write(const Folder& folder, const std::string& name, const std::string& bytes) {
  fs::create_directories((folder.path / name).parent_path());
  std::ofstream(folder.path / name, std::ios::binary) << bytes;
}

std::string jpeg(int level) {
  lehr::Image image{.height = 16, .width = 16, .channels = 3};
  for (int i = 0; i < 768; ++i) image.pixels.push_back(static_cast<std::uint8_t>((level * 31 + i * i) % 256));
  const auto bytes = lehr::encode_jpeg(image);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Six images in the lecture's layout, in the folder `set`.
void write_set(const Folder& folder, const std::string& labels = "0\n1\n2\n0\n1\n2\n") {
  for (int i = 0; i < 6; ++i) write(folder, "set/Train/image_" + std::to_string(i) + ".jpg", jpeg(i));
  write(folder, "set/train_labels.csv", labels);
  write(folder, "set/name_list.csv", "0,Ann\n1,Bea\n2,Cid\n");
}

/// Version 1.0 of NumPy's format.
std::string npy(const std::string& type, const std::string& shape, const std::string& bytes) {
  std::string header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }";
  header.resize(117, ' ');
  return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n" + bytes;
}
template <class T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}
void write_arrays(const Folder& folder, const std::vector<float>& x, const std::vector<std::int32_t>& y) {
  write(folder, "x.npy", npy("<f4", "(" + std::to_string(x.size() / 4) + ", 4)", bytes_of(x)));
  write(folder, "y.npy", npy("<i4", "(" + std::to_string(y.size()) + ",)", bytes_of(y)));
}

/// The command fails with this code; stderr has each of the words; under --json the document has the category.
void refused(const Folder& folder, const std::string& arguments, int code, const std::vector<std::string>& words) {
  const Result r = command(folder, arguments);
  CAPTURE(arguments);
  CAPTURE(r.err);
  CHECK(r.code == code);
  CHECK(r.err.starts_with("lehr: "));
  for (const std::string& word : words) {
    CAPTURE(word);
    CHECK(r.err.find(word) != std::string::npos);
  }
  const Result j = command(folder, arguments + " --json");
  CHECK(j.code == code);
  const auto error = lehr::JsonValue::parse(j.out, "stdout").at("error");
  CHECK(error.at("category").string() == (code == 2 ? "usage" : "data"));
  CHECK_FALSE(error.at("what").string().empty());
  CHECK_FALSE(fs::exists(folder.path / "run/checkpoint.lehr"));
}

}  // namespace

TEST_CASE("bad input: a folder that is missing, one that is empty, one without images") {
  const Folder folder;
  refused(folder, "fit " + softmax + "--data nowhere/", 3, {"nowhere"});
  fs::create_directories(folder.path / "empty");
  refused(folder, "fit " + softmax + "--data empty/", 3, {"empty"});
  write(folder, "texts/a/notes.txt", "no image");
  refused(folder, "fit " + softmax + "--data texts/", 3, {"texts"});
  refused(folder, "data inspect empty/", 3, {"empty"});
}

TEST_CASE("bad input: more or fewer labels than images") {
  for (const char* labels : {"0\n1\n2\n0\n1\n", "0\n1\n2\n0\n1\n2\n0\n"}) {
    const Folder folder;
    write_set(folder, labels);
    refused(folder, "fit " + softmax + "--data set/", 3, {"train_labels.csv", "6"});
  }
}

TEST_CASE("bad input: a JPEG that was cut, and a text that is called .jpg") {
  const Folder folder;
  write_set(folder);
  const std::string whole = jpeg(2);
  write(folder, "set/Train/image_2.jpg", whole.substr(0, whole.size() / 2));
  refused(folder, "fit " + softmax + "--data set/ --run run", 3, {"image_2.jpg"});
  write(folder, "set/Train/image_2.jpg", "this is a text");
  refused(folder, "fit " + softmax + "--data set/ --run run", 3, {"image_2.jpg"});
  write(folder, "set/Train/image_2.jpg", "");
  refused(folder, "fit " + softmax + "--data set/ --run run", 3, {"image_2.jpg"});
}

TEST_CASE("bad input: labels out of range, and labels that are no numbers") {
  const Folder folder;
  write_set(folder, "0\n1\n2\n0\n-1\n2\n");
  refused(folder, "fit " + softmax + "--data set/", 3, {"train_labels.csv", "-1"});
  write_set(folder, "0\n1\n2\n0\n7\n2\n");
  refused(folder, "fit " + softmax + "--data set/", 3, {"7"});
  write_set(folder, "0\n1\n2\n0\nBea\n2\n");
  refused(folder, "fit " + softmax + "--data set/", 3, {"train_labels.csv", "Bea"});
}

TEST_CASE("bad input: NaN in an array, arrays that do not fit each other or the network") {
  const Folder folder;
  write_arrays(folder, {1, 2, 3, 4, 5, NAN, 7, 8}, {0, 1});
  refused(folder, "fit " + softmax + "--data 'arrays(x.npy, y.npy)'", 3, {"x.npy", "row 1", "NaN"});
  write_arrays(folder, {1, 2, 3, 4, 5, 6, 7, 8}, {0, 1, 2});
  refused(folder, "fit " + softmax + "--data 'arrays(x.npy, y.npy)'", 3, {"2", "3"});
  write_arrays(folder, {1, 2, 3, 4, 5, 6, 7, 8}, {0, 1});
  refused(folder, "fit --model 'conv2d(8, 3) | flatten | dense(3, softmax)' --data 'arrays(x.npy, y.npy)'", 2, {"conv2d"});
  write(folder, "y.npy", npy("<i4", "(3,)", "short"));
  refused(folder, "fit " + softmax + "--data 'arrays(x.npy, y.npy)'", 3, {"y.npy"});
}

TEST_CASE("bad input: unknown layers, keys and values, with a caret under the place") {
  const Folder folder;
  const auto caret = [&](const std::string& model, const std::string& at, const std::vector<std::string>& words) {
    refused(folder, "fit --data digits --model '" + model + "'", 2, words);
    const std::string err = command(folder, "fit --data digits --model '" + model + "'").err;
    const auto line = err.rfind('\n', err.find('^')), shown = err.rfind(model, line);
    CAPTURE(err);
    REQUIRE(err.find('^') != std::string::npos);
    REQUIRE(shown != std::string::npos);
    const auto start = err.rfind('\n', shown) + 1;
    CHECK(err.find('^') - line - 1 == shown - start + model.find(at));
  };
  caret("flatten | dens(10)", "dens(", {"dense"});
  caret("flatten | dense(10, unit=3)", "unit=", {"units"});
  caret("flatten | dense(10, activation=rel)", "rel)", {"relu"});
  refused(folder, "fit --data digits --model 'flatten | dense(10'", 2, {"not closed", "^"});
  refused(folder, "fit --data digits --model 'flatten | dense(ten)'", 2, {"ten"});
}

TEST_CASE("bad input: one-hot labels under a sparse loss name the loss that takes them") {
  const Folder folder;
  write(folder, "x.npy", npy("<f4", "(3, 4)", bytes_of(std::vector<float>(12, 0.5F))));
  write(folder, "y.npy", npy("<f4", "(3, 3)", bytes_of(std::vector<float>{1, 0, 0, 0, 1, 0, 0, 0, 1})));
  refused(folder, "fit " + softmax + "--data 'arrays(x.npy, y.npy)' --loss sparse_categorical_crossentropy", 2,
          {"one-hot", "categorical_crossentropy"});
}

TEST_CASE("bad input: batches and epochs that are no counts") {
  const Folder folder;
  refused(folder, "fit " + softmax + "--data digits --batch-size -3", 2, {"--batch-size", "-3"});
  refused(folder, "fit " + softmax + "--data digits --batch-size 0", 2, {"--batch-size"});
  refused(folder, "fit " + softmax + "--data digits --epochs 0", 2, {"--epochs", "0"});
  refused(folder, "fit " + softmax + "--data digits --epochs many", 2, {"--epochs"});
}

TEST_CASE("bad input: a run folder that cannot be written") {
  const Folder folder;
  const std::string fit = "fit --model 'flatten | dense(10, softmax)' --data digits --epochs 1 --run ";
  refused(folder, fit + "/proc/no-place/run", 3, {"/proc/no-place"});  // refused to root as well
  write(folder, "file", "no folder");
  refused(folder, fit + "file/run", 3, {"file/run"});
}

#ifdef __SANITIZE_THREAD__
constexpr bool own_files = true;  // ThreadSanitizer keeps larger ones than ulimit -f allows
#else
constexpr bool own_files = false;
#endif

// ulimit -f stands for the disk: writes beyond so many kilobytes fail, as on a full disk, at whatever file comes first.
TEST_CASE("bad input: a disk that fills up loses no checkpoint" * doctest::skip(own_files)) {
  const Folder folder;
  const std::string fit = "fit --model 'flatten | dense(200, relu) | dense(10, softmax)' --data digits --validation-split 0.2 --quiet ";
  REQUIRE(command(folder, fit + "--epochs 1 --run run").code == 0);
  const std::string checkpoint = lehr::read_file(folder.path / "run/checkpoint.lehr");
  REQUIRE(checkpoint.size() > 64 * 1024);

  const Result full = command(folder, "fit --resume run --epochs 3", "ulimit -f 64;");
  CAPTURE(full.err);
  CHECK(full.code == 3);
  CHECK(full.err.find("run/") != std::string::npos);
  CHECK(full.err.find("cannot be written") != std::string::npos);
  CHECK(lehr::read_file(folder.path / "run/checkpoint.lehr") == checkpoint);
  for (const auto& entry : fs::directory_iterator(folder.path / "run"))
    CHECK(entry.path().filename().string().find(".tmp") == std::string::npos);

  const Result resumed = command(folder, "fit --resume run --epochs 3");
  CAPTURE(resumed.err);
  CHECK(resumed.code == 0);
  REQUIRE(command(folder, fit + "--epochs 3 --run whole").code == 0);
  CHECK(lehr::read_file(folder.path / "run/last.weights.h5") == lehr::read_file(folder.path / "whole/last.weights.h5"));
}

TEST_CASE("bad input: a real full disk, where a small one may be mounted") {
  const Folder folder;
  const std::string fit = "fit --model 'flatten | dense(200, relu) | dense(10, softmax)' --data digits --epochs 3 --run small/run";
  const Result r = command(
      folder, fit,
      R"(sh -c 'mkdir small; unshare -m true || exit 77; exec unshare -m sh -c "mount -t tmpfs -o size=300k none small || exit 77; exec \"\$@\"" sh "$@"' sh)");
  if (r.code == 77) {
    MESSAGE("skipped: no mounts here");
    return;
  }
  CAPTURE(r.err);
  CHECK(r.code == 3);
  CHECK(r.err.find("The disk is full") != std::string::npos);
}

// --foreground: otherwise timeout signals the whole group as well, and a second interrupt stops at once.
TEST_CASE("Ctrl-C: 130, the state saved, and the command that goes on") {
  const Folder folder;
  const Result r = command(
      folder, "fit --model 'flatten | dense(512, relu) | dense(512, relu) | dense(10, softmax)' --data digits --epochs 5000 --run long",
      "timeout --foreground --preserve-status -s INT 2");
  CAPTURE(r.err);
  CHECK(r.code == 130);
  CHECK(r.out.find("lehr fit --resume long") != std::string::npos);
  CHECK(fs::exists(folder.path / "long/checkpoint.lehr"));
  CHECK(command(folder, "evaluate long --json").code == 0);
}

TEST_CASE("bad input: what is known before training leaves no run folder, and a run that goes on keeps its settings") {
  const Folder folder;
  const std::string fit = "fit --model 'flatten | dense(10, softmax)' --data digits --epochs 1 ";
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"--callback 'early_stopping(monitor=val_typo)'", "val_typo"},
      {"--callback 'csv_logger(log.csv, separator=\";;\")'", "separator"},
      {"--callback 'model_checkpoint(best.npz, save_weights_only=false)'", "whole models"},
      {"--class-weight 0:1.5,99:2", "--class-weight"},
      {"--augment 'random_flip(horizontal) | dense(3)'", "dense"},
      {"--batch-size 0", "--batch-size"}};
  for (const auto& [flags, word] : wrong) {
    CAPTURE(flags);
    const Result r = command(folder, fit + flags);
    CAPTURE(r.err);
    CHECK(r.code == 2);
    CHECK(r.err.find(word) != std::string::npos);
    CHECK(command(folder, fit + flags + " --run run").code == 2);
    CHECK_FALSE(fs::exists(folder.path / "run"));
    CHECK_FALSE(fs::exists(folder.path / "runs"));
  }
  REQUIRE(command(folder, fit + "--quiet --run run").code == 0);
  const std::string config = lehr::read_file(folder.path / "run/config.toml"), history = lehr::read_file(folder.path / "run/history.csv");
  CHECK(command(folder, "fit --resume run --epochs 3 --callback 'early_stopping(monitor=val_typo)'").code == 2);
  CHECK(command(folder, fit + "--run run --overwrite --callback 'early_stopping(monitor=val_typo)'").code == 2);
  CHECK(lehr::read_file(folder.path / "run/config.toml") == config);
  CHECK(lehr::read_file(folder.path / "run/history.csv") == history);
}
