// Files that lie (tests/fuzz/make_corpus.py): what each is refused with.
#include <doctest/doctest.h>

#include "tests/check/data_error.h"
#include "weights/tensor_file.h"

using namespace lehr;

namespace {

std::string corpus(const std::string& name) { return std::string(LEHR_TESTS_DIR) + "/fuzz/corpus/" + name; }

}  // namespace

TEST_CASE("weight files: each lie is refused by its name") {
  const std::pair<std::string, std::string> lies[] = {{"hdf5/cut.weights.h5", "damaged"},
                                                      {"hdf5/bomb.h5", "more numbers than a file of this size"},
                                                      {"hdf5/never-written.h5", "more numbers than a file of this size"},
                                                      {"hdf5/missing-weight.h5", "dense/bias"},
                                                      {"hdf5/doubled-layer.h5", "twice"},
                                                      {"hdf5/loop.h5", "reached in two ways"},
                                                      {"hdf5/compound.h5", "cannot be opened"},
                                                      {"keras/cut.keras", "zip archive"},
                                                      {"keras/no-weights.keras", "model.weights.h5"},
                                                      {"keras/no-config.keras", "config.json"},
                                                      {"keras/other-config.keras", "expected an object"},
                                                      {"keras/swapped-bytes.keras", "checksum"},
                                                      {"npz/doubled.npz", "two arrays of this name"},
                                                      {"npz/bomb.npz", "claims to unpack"},
                                                      {"npz/overlap.npz", "overlaps the entry"},
                                                      {"npz/objects.npz", "never unpickled"},
                                                      {"npz/claims.npz", "claims"},
                                                      {"npz/cut.npz", "zip archive"},
                                                      {"safetensors/big-endian.safetensors", "no weight file"},
                                                      {"safetensors/cut.safetensors", "outside the file"},
                                                      {"safetensors/absurd.safetensors", "absurd shape"},
                                                      {"safetensors/doubled.safetensors", "two tensors of this name"},
                                                      {"safetensors/overlap.safetensors", "overlaps"}};
  for (const auto& [name, words] : lies) {
    CAPTURE(name);
    const std::string said = data_error([&] { read_tensor_file(corpus(name)); });
    CAPTURE(said);
    CHECK(mentions(said, words));
    CHECK(mentions(said, corpus(name)));
  }
}

TEST_CASE("weight files: the other byte order, halves and compressed pieces are numbers like any others") {
  const TensorFile plain = read_tensor_file(corpus("hdf5/plain.h5")), big = read_tensor_file(corpus("hdf5/big-endian.h5")),
                   half = read_tensor_file(corpus("hdf5/half-and-chunked.h5"));
  const auto values = plain.layers.at(0).weights.at(0).values.as<float>(), other = big.layers.at(0).weights.at(0).values.as<float>(),
             rough = half.layers.at(0).weights.at(0).values.as<float>();
  REQUIRE(values.size() == 6);
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK(other[i] == values[i]);
    CHECK(rough[i] == doctest::Approx(values[i]).epsilon(1e-3));
  }
}
