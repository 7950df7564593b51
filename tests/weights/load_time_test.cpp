// How long reading VGG-16's file takes (no top: 13 convolutions, 58.9 MB), beside reading its bytes into memory.
#include <doctest/doctest.h>
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <fstream>

#include "kernels/philox.h"
#include "tests/check/temporary_folder.h"
#include "weights/tensor_file.h"

using namespace lehr;

namespace {

Array random_array(const Shape& shape, std::uint64_t stream) {
  Array out(shape, DType::f32);
  const auto values = out.as<float>();
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(random_word({.seed = stream}, 0, i)) * 0x1p-32F - 0.5F;
  return out;
}

TensorFile vgg16_weights() {
  constexpr std::int64_t channels[5] = {64, 128, 256, 512, 512}, convolutions[5] = {2, 2, 3, 3, 3};
  TensorFile out{.ordered = true};
  std::int64_t from = 3;
  for (std::size_t block = 0; block < 5; ++block)
    for (std::int64_t i = 0; i < convolutions[block]; ++i) {
      const auto stream = static_cast<std::uint64_t>(out.layers.size());
      out.layers.push_back({.name = "block" + std::to_string(block + 1) + "_conv" + std::to_string(i + 1), .class_name = "Conv2D"});
      out.layers.back().weights = {{.name = "kernel", .values = random_array({3, 3, from, channels[block]}, 2 * stream)},
                                   {.name = "bias", .values = random_array({channels[block]}, 2 * stream + 1)}};
      from = channels[block];
    }
  return out;
}

template <class F>
double seconds(const F& f) {
  const auto begin = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

std::size_t read_bytes(const std::string& file) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  std::vector<char> bytes(static_cast<std::size_t>(in.tellg()));
  in.seekg(0);
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return static_cast<std::size_t>(in.gcount());
}

}  // namespace

TEST_SUITE("slow") {
  TEST_CASE("VGG-16's weights load from HDF5 within 1.5 times of reading the file's bytes") {
    const TemporaryFolder folder;
    mallopt(M_MMAP_THRESHOLD, 128 * 1024);  // as the program's main has it: new pages on both sides, and they take most of the time
    for (const char* name : {"vgg16.h5", "vgg16.weights.h5"}) {
      const std::string file = folder / name;
      write_tensor_file(file, vgg16_weights());
      std::vector<double> bytes, weights, ratio;
      for (int round = 0; round < 15; ++round) {
        std::size_t read = 0, count = 0;
        bytes.push_back(seconds([&] { read = read_bytes(file); }));
        weights.push_back(seconds([&] { count = read_tensor_file(file).weight_count(); }));
        CHECK(read > 58'800'000);
        CHECK(count == 26);
        ratio.push_back(weights.back() / bytes.back());
      }
      for (auto* v : {&bytes, &weights, &ratio}) std::ranges::sort(*v);
      MESSAGE(std::string(name) << ": bytes " << bytes[7] * 1e3 << " ms, weights " << weights[7] * 1e3 << " ms, ratio " << ratio[7] << " ("
                                << ratio[3] << " to " << ratio[11] << ")");
      CHECK(ratio[7] < 1.5);
    }
  }
}
