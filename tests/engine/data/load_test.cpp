// load_data: from a spec string to arrays, for every kind of source.
#include "engine/data/load.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "engine/atomic_file.h"
#include "engine/data/cifar_pickle.h"
#include "engine/data/data_catalogue.h"
#include "engine/data/file.h"
#include "engine/data/npy.h"
#include "engine/data/npz.h"
#include "tests/check/data_error.h"
#include "tests/check/temporary_folder.h"

using namespace lehr;

namespace {

const std::string golden = std::string(LEHR_TESTS_DIR) + "/golden/data/";

DataSplits load(const std::string& spec, const LoadOptions& options = {}) { return load_data(parse_data_spec(spec), options); }
std::string error_of(const std::string& spec, const LoadOptions& options = {}) {
  return data_error([&] { load(spec, options); });
}

Array images(std::int64_t n, int level) {
  Array out({n, 28, 28}, DType::u8);
  for (auto& pixel : out.as<std::uint8_t>()) pixel = static_cast<std::uint8_t>(level);
  return out;
}

std::string idx(char type, std::initializer_list<unsigned> extents, const std::string& elements) {
  std::string out{'\0', '\0', type, static_cast<char>(extents.size())};
  for (const unsigned extent : extents)
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(extent >> static_cast<unsigned>(shift));
  return out + elements;
}

}  // namespace

TEST_CASE("data spec: names, keys, paths, and text that reads back") {
  CHECK(parse_data_spec("Fashion-MNIST") == DataSpec(FashionMnist{}));
  CHECK(parse_data_spec("faces(people=20, size=32)") == DataSpec(Faces{.people = 20, .size = 32}));
  CHECK(parse_data_spec("arrays(a/x.npy, y.npy)") == DataSpec(Arrays{.x = std::string("a/x.npy"), .y = "y.npy"}));
  CHECK(parse_data_spec("../shared/lfw62/") == DataSpec(DataPath{.path = std::string("../shared/lfw62/")}));
  CHECK(parse_data_spec("'my pictures'") == DataSpec(DataPath{.path = std::string("my pictures")}));
  CHECK(parse_data_spec("mnist/") == DataSpec(DataPath{.path = std::string("mnist/")}));
  for (const char* text :
       {"digits", "faces(people=20)", "arrays(x.npy, y=y.npy)", "csv(t.csv, label=price)", "lfw62/", "path(mnist)", "'a b'"}) {
    CAPTURE(text);
    CHECK(parse_data_spec(print(parse_data_spec(text))) == parse_data_spec(text));
  }
  CHECK_THROWS_WITH(parse_data_spec("face(people=3)"), doctest::Contains("faces"));
  CHECK_THROWS_WITH(parse_data_spec("faces(persons=3)"), doctest::Contains("per_person"));
  CHECK_THROWS_WITH(parse_data_spec("arrays()"), doctest::Contains("samples"));
}

TEST_CASE("load: arrays and npz") {
  const TemporaryFolder folder;
  write_npy(folder / "x.npy", images(5, 3));
  write_npy(folder / "y.npy", Array({5}, DType::i64));
  const DataSplits arrays = load("arrays(" + folder / "x.npy" + ", " + folder / "y.npy" + ")");
  CHECK(arrays.train->x.shape() == Shape({5, 28, 28}));
  CHECK(arrays.train->y.dtype() == DType::i32);

  write_npz(folder / "set.npz",
            {{"x_train", images(5, 3)}, {"y_train", Array({5}, DType::u8)}, {"x_test", images(2, 4)}, {"y_test", Array({2}, DType::u8)}});
  const DataSplits set = load(folder / "set.npz");
  CHECK(set.train->size() == 5);
  CHECK(set.test->size() == 2);
  write_npz(folder / "xy.npz", {{"x", images(5, 3)}, {"y", Array({5}, DType::u8)}});
  CHECK(load(folder / "xy.npz").train->labels() == LabelKind::ids);

  write_npz(folder / "other.npz", {{"weights", images(1, 0)}});
  CHECK(mentions(error_of(folder / "other.npz"), "expected arrays x_train y_train x_test y_test, or x y, got weights"));
  write_npz(folder / "wrong.npz", {{"x_train", images(2, 0)}, {"x_test", Array({2, 7}, DType::u8)}});
  CHECK(mentions(error_of(folder / "wrong.npz"), "expected (28, 28), got (7,)"));
  CHECK(mentions(error_of("nowhere"), "nowhere: no such folder or file, and no data set of that name"));
  CHECK(mentions(error_of(folder.write("a.txt", "x")), "is no data set"));
}

TEST_CASE("load: an npy that exceeds the memory stays on the disk") {
  const TemporaryFolder folder;
  Array x({50, 4}, DType::f32);
  for (std::size_t i = 0; i < x.count(); ++i) x.as<float>()[i] = static_cast<float>(i);
  write_npy(folder / "x.npy", x);
  const DataSplits data = load("arrays(" + folder / "x.npy" + ")", {.memory = 100});
  REQUIRE(data.train->streamed);
  float row[4] = {};
  data.train->streamed->read(49, std::as_writable_bytes(std::span(row)));
  CHECK(row[3] == 199);
}

TEST_CASE("load: the MNIST family from IDX files and from npz, found by name under --data-dir") {
  const TemporaryFolder folder;
  for (const char* set : {"fashion_mnist", "mnist"}) {
    const std::string at = std::string(set) + "/";
    folder.write(at + "train-images-idx3-ubyte", idx(8, {3, 28, 28}, std::string(3 * 784, 'a')));
    folder.write(at + "train-labels-idx1-ubyte", idx(8, {3}, std::string("\x09\x00\x01", 3)));
    folder.write(at + "t10k-images-idx3-ubyte", idx(8, {1, 28, 28}, std::string(784, 'b')));
    folder.write(at + "t10k-labels-idx1-ubyte", idx(8, {1}, std::string(1, '\0')));
  }
  const LoadOptions options{.data_dir = folder.path()};
  const DataSplits fashion = load("fashion_mnist", options);
  CHECK(fashion.train->x.shape() == Shape({3, 28, 28, 1}));
  CHECK(fashion.train->class_name(9) == "Ankle boot");
  CHECK(load("mnist", options).test->class_name(0) == "0");
  CHECK(load(folder / "fashion_mnist").train->size() == 3);
  LoadOptions changed = options;
  changed.image_size = ImageSize{14, 14};
  changed.color = ColorMode::rgb;
  CHECK(load("mnist", changed).train->x.shape() == Shape({3, 14, 14, 3}));

  folder.write("mnist/t10k-labels-idx1-ubyte", idx(8, {2}, std::string(2, '\0')));
  CHECK(mentions(error_of("mnist", options), "labels and samples differ in number"));
  folder.write("mnist/t10k-labels-idx1-ubyte", idx(8, {1}, std::string(1, '\0')));
  folder.write("mnist/train-labels-idx1-ubyte", idx(8, {3}, std::string("\x0a\x00\x01", 3)));
  CHECK(mentions(error_of("mnist", options), "label is out of range"));

  const TemporaryFolder other;
  write_npz(other / "mnist.npz",
            {{"x_test", images(2, 4)}, {"y_test", Array({2}, DType::u8)}, {"x_train", images(5, 3)}, {"y_train", Array({5}, DType::u8)}});
  CHECK(load("mnist", {.data_dir = other.path()}).train->x.shape() == Shape({5, 28, 28, 1}));
}

TEST_CASE("load: CIFAR-10 in its three layouts") {
  const NamedArrays expected = read_npz(golden + "cifar_expected.npz");
  for (const char* pickle : {"cifar_protocol_2", "cifar_protocol_3", "cifar_protocol_4"}) {
    CAPTURE(pickle);
    const TemporaryFolder folder;
    for (int i = 1; i <= 5; ++i) folder.write("cifar-10-batches-py/data_batch_" + std::to_string(i), read_file(golden + pickle));
    folder.write("cifar-10-batches-py/test_batch", read_file(golden + pickle));
    const DataSplits data = load("cifar10", {.data_dir = folder.path()});
    CHECK(data.train->size() == 10);
    CHECK(encode_npy(data.test->x) == encode_npy(*find_array(expected, "x")));
    CHECK(encode_npy(data.test->y) == encode_npy(*find_array(expected, "y")));
    CHECK(data.test->class_name(3) == "cat");
  }
  const TemporaryFolder folder;
  std::string row(1, '\x05');
  for (int plane = 0; plane < 3; ++plane) row += std::string(1024, static_cast<char>(plane + 1));
  for (int i = 1; i <= 5; ++i) folder.write("cifar-10-batches-bin/data_batch_" + std::to_string(i) + ".bin", row);
  folder.write("cifar-10-batches-bin/test_batch.bin", row + row);
  const DataSplits data = load("cifar10", {.data_dir = folder.path()});
  CHECK(data.test->x.shape() == Shape({2, 32, 32, 3}));
  CHECK(data.test->x.as<std::uint8_t>()[4] == 2);
  folder.write("cifar-10-batches-bin/test_batch.bin", row.substr(1));
  CHECK(mentions(error_of("cifar10", {.data_dir = folder.path()}), "expected a multiple of 3073 bytes, got 3072"));
  row[0] = 10;
  folder.write("cifar-10-batches-bin/test_batch.bin", row);
  CHECK(mentions(error_of("cifar10", {.data_dir = folder.path()}), "test_batch.bin, image 0: the label is out of range"));
}

TEST_CASE("cifar pickle: nothing is called, and damage ends in an error") {
  const auto parse = [](const std::string& bytes) { parse_cifar_pickle(std::as_bytes(std::span(bytes)), "batch"); };
  CHECK(mentions(data_error([&] { parse(read_file(golden + "cifar_evil")); }), "batch: is no CIFAR batch"));
  survive_damage(read_file(golden + "cifar_protocol_4"), parse);
  const std::string whole = read_file(golden + "cifar_protocol_2");
  for (std::size_t size = 0; size < 400; ++size) CHECK(data_error([&] { parse(whole.substr(0, size)); }) != "(none)");
  std::string deep = "\x80\x02)";
  deep.append(1000000, '\x85');
  CHECK(mentions(data_error([&] { parse(deep); }), "nested too deeply"));
  std::string doubling = "\x80\x02]q";
  doubling += '\0';
  for (int i = 0; i < 60; ++i) doubling += std::string("h\0a", 3);
  CHECK(data_error([&] { parse(doubling); }) != "(none)");
}
