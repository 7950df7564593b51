// .npy and .npz: what NumPy wrote is read, what is written NumPy reads (its exact bytes), and damaged files say where.
#include "engine/data/npy.h"

#include <doctest/doctest.h>

#include <limits>

#include "engine/atomic_file.h"
#include "engine/data/file.h"
#include "engine/data/npz.h"
#include "engine/data/zip.h"
#include "tests/check/data_error.h"
#include "tests/check/temporary_folder.h"

using namespace lehr;

namespace {

const std::string golden = std::string(LEHR_TESTS_DIR) + "/golden/data/";

std::vector<std::byte> bytes_of(const std::string& text) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}

double value_at(const Array& array, std::size_t i) {
  switch (array.dtype()) {
    case DType::f64:
      return array.as<double>()[i];
    case DType::i64:
      return static_cast<double>(array.as<std::int64_t>()[i]);
    case DType::i32:
      return array.as<std::int32_t>()[i];
    case DType::u8:
      return array.as<std::uint8_t>()[i];
    default:
      return array.as<float>()[i];
  }
}

std::string header(const std::string& dictionary) {
  const std::string text = dictionary + "\n";
  return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(text.size() & 255U) + static_cast<char>(text.size() >> 8U) + text;
}

}  // namespace

TEST_CASE("npy: every type that NumPy wrote") {
  const NamedArrays expected = read_npz(golden + "npy_expected.npz");
  REQUIRE(expected.size() == 13);
  for (const auto& [name, values] : expected) {
    CAPTURE(name);
    const Array read = read_npy(golden + name + ".npy");
    REQUIRE(read.shape() == values.shape());
    for (std::size_t i = 0; i < values.count(); ++i) CHECK(value_at(read, i) == values.as<double>()[i]);
  }
  CHECK(read_npy(golden + "b1.npy").dtype() == DType::u8);
  CHECK(read_npy(golden + "i2.npy").dtype() == DType::i32);
  CHECK(read_npy(golden + "f2.npy").dtype() == DType::f32);
  CHECK(read_npy(golden + "empty.npy").shape() == Shape({0, 3}));
  CHECK(read_npy(golden + "scalar.npy").shape() == Shape{});
}

TEST_CASE("npy: what is written are NumPy's own bytes") {
  for (const char* name : {"f4", "f8", "i4", "i8", "u1", "empty"}) {
    CAPTURE(name);
    const std::string file = golden + name + ".npy";
    CHECK(encode_npy(read_npy(file)) == read_bytes(file));
  }
}

TEST_CASE("npy: bad files are refused with the reason") {
  const auto error = [](const std::string& bytes) { return data_error([&] { parse_npy(bytes_of(bytes), "x.npy"); }); };
  CHECK(mentions(error("hello, world"), "x.npy, offset 0: is not a NumPy array file"));
  CHECK(mentions(error(header("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }") + "12345678"), "ends too early for shape (3,)"));
  CHECK(mentions(error(header("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 9223372036854775807), }")),
                 "larger than any file"));
  CHECK(mentions(error(header("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,), }")),
                 "expected 4000000000000 bytes, got 0"));
  CHECK(mentions(error(header("{'descr': '<f4', 'fortran_order': False, 'shape': (-3,), }")), "shape is damaged"));
  CHECK(mentions(error(header("{'descr': '<f4', 'shape': (3,), }")), "no 'fortran_order'"));
  CHECK(mentions(data_error([] { read_npy(golden + "complex.npy"); }), "dtype '<c8'"));
  CHECK(mentions(data_error([] { read_npy(golden + "objects.npy"); }), "Python objects"));
  CHECK(mentions(data_error([] { read_npy("/nowhere/x.npy"); }), "/nowhere/x.npy: cannot be opened"));
  survive_damage(read_file(golden + "fortran.npy"), [](const std::string& damaged) { parse_npy(bytes_of(damaged), "x.npy"); });
}

TEST_CASE("npz: order, names and bits survive, stored and deflated") {
  const TemporaryFolder folder;
  NamedArrays arrays;
  arrays.emplace_back("conv2d/kernel:0",
                      Array::from<float>({2, 2}, std::vector<float>{1.5F, -0.0F, std::numeric_limits<float>::infinity(), 3}));
  arrays.emplace_back("a", Array::from<std::uint8_t>({3}, std::vector<std::uint8_t>{0, 128, 255}));
  arrays.emplace_back("step", Array::from<std::int64_t>({}, std::vector<std::int64_t>{-5}));
  arrays.emplace_back("long", Array({1000, 10}, DType::f64));
  for (const bool compressed : {false, true}) {
    const std::string file = folder / "w.npz";
    write_npz(file, arrays, compressed);
    const NamedArrays read = read_npz(file);
    REQUIRE(read.size() == arrays.size());
    for (std::size_t i = 0; i < read.size(); ++i) {
      CHECK(read[i].first == arrays[i].first);
      CHECK(encode_npy(read[i].second) == encode_npy(arrays[i].second));
    }
    CHECK((read_bytes(file).size() < 10000) == compressed);
  }
  CHECK(find_array(arrays, "a") == &arrays[1].second);
  CHECK(find_array(arrays, "b") == nullptr);
}

TEST_CASE("zip: damaged archives end in an error, never in a crash or a huge allocation") {
  const TemporaryFolder folder;
  CHECK(mentions(data_error([&] { ZipReader(folder.write("text.zip", "this is no archive at all, is it")); }), "not a zip archive"));
  const std::string whole = read_file(golden + "images_expected.npz");
  CHECK(mentions(data_error([&] { read_npz(folder.write("cut.npz", whole.substr(0, whole.size() / 2))); }), "its end is missing"));
  survive_damage(whole, [&](const std::string& damaged) { read_npz(folder.write("damaged.npz", damaged)); });

  // One flipped bit in the elements of a stored array: the checksum finds it.
  write_npz(folder / "flip.npz", {{"x", Array({64}, DType::f32)}});
  std::string flipped = read_file(folder / "flip.npz");
  flipped[200] = static_cast<char>(flipped[200] ^ 1);
  CHECK(mentions(data_error([&] { read_npz(folder.write("flip.npz", flipped)); }), "checksum does not match"));
}

TEST_CASE("zip: a size that the packed bytes cannot give is refused before memory is taken") {
  const TemporaryFolder folder;
  ZipWriter writer(folder / "bomb.zip");
  writer.add("a", std::as_bytes(std::span(std::string_view("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"))), true);
  writer.finish();
  std::string bytes = read_file(folder / "bomb.zip");
  const std::size_t central = bytes.find("PK\x01\x02");
  REQUIRE(central != std::string::npos);
  for (std::size_t i = 0; i < 4; ++i) bytes[central + 24 + i] = '\x7f';  // claims 2 GB
  folder.write("bomb.zip", bytes);
  const ZipReader reader(folder / "bomb.zip");
  CHECK(mentions(data_error([&] { reader.read(reader.entries().at(0)); }), "claims a size that its packed bytes cannot give"));
}

TEST_CASE("zip: entries whose bytes lie elsewhere make the same file as copied ones") {
  const TemporaryFolder folder;
  Array large({300, 7}, DType::f32);
  for (std::size_t i = 0; i < large.count(); ++i) large.as<float>()[i] = static_cast<float>(i) / 7;
  const Array empty({0, 3}, DType::f32), one = Array::from<std::int32_t>({1}, std::vector<std::int32_t>{5});
  ZipWriter copied(folder / "copied.npz"), seen(folder / "seen.npz");
  int number = 0;
  for (const Array* array : std::vector<const Array*>{&large, &empty, &one, &large}) {
    const std::string name = "a" + std::to_string(number++) + ".npy";
    copied.add(name, encode_npy(*array), false);
    if (array == &one)
      seen.add(name, encode_npy(*array), false);
    else
      seen.add_view(name, npy_header(*array), {array->data(), array->bytes()});
  }
  copied.finish();
  seen.finish();
  CHECK(read_file(folder / "seen.npz") == read_file(folder / "copied.npz"));
  CHECK(read_npz(folder / "seen.npz").size() == 4);
}
