#include "tests/fuzz/readers.h"

#include <sys/mman.h>

#include <array>
#include <cstdlib>
#include <string>

#include "engine/array.h"
#include "engine/data/idx.h"
#include "engine/data/image.h"
#include "engine/descriptor.h"
#include "engine/json.h"
#include "engine/spec/parse.h"
#include "kernels/error.h"
#include "layers/keras_config.h"
#include "weights/formats.h"
#include "weights/hdf5_file.h"
#include "weights/onnx_model.h"
#include "weights/tensor_file.h"

namespace lehr::fuzz {

namespace {

/// A file that lies in memory, for readers that take names.
class MemoryFile {
 public:
  explicit MemoryFile(std::span<const std::byte> bytes) : descriptor_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t put = ::write(descriptor_.get(), bytes.data() + done, bytes.size() - done);
      if (put <= 0) std::abort();
      done += static_cast<std::size_t>(put);
    }
  }
  std::string name() const { return "/proc/self/fd/" + std::to_string(descriptor_.get()); }

 private:
  Descriptor descriptor_;
};

std::string_view text_of(std::span<const std::byte> bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

std::uint64_t held_by(const TensorFile& tensors) {
  std::uint64_t held = tensors.model_config.size() + tensors.compile_config.size();
  for (const auto& layer : tensors.layers) {
    held += sizeof layer;
    for (const auto& w : layer.weights) held += sizeof w + w.name.size() + w.place.size() + w.values.bytes();
  }
  if (tensors.optimizer)
    for (const auto& values : tensors.optimizer->values) held += sizeof values + values.bytes();
  return held;
}

std::uint64_t read_weights(std::span<const std::byte> bytes) {
  const MemoryFile file(bytes);
  return held_by(read_tensor_file(file.name()));
}

/// The network is held as JSON values before it is text: some ten thousand bytes a layer.
std::uint64_t read_onnx_file(std::span<const std::byte> bytes) {
  const MemoryFile file(bytes);
  const TensorFile tensors = from_onnx(read_onnx(file.name()), "x.onnx");
  return held_by(tensors) + tensors.layers.size() * 10'000;
}

/// Also files that are no weights of Keras: their tree.
std::uint64_t read_hdf5_file(std::span<const std::byte> bytes) {
  Hdf5Tree tree = read_hdf5(bytes, "x.h5");
  std::uint64_t held = 0;
  for (const auto& [path, values] : tree.datasets) held += 2 * path.size() + sizeof values + values.bytes();
  for (const auto& [path, group] : tree.groups) {
    held += 2 * path.size() + sizeof group;
    for (const auto& [name, texts] : group.attributes)
      for (const auto& text : texts) held += name.size() + sizeof(std::string) + text.size();
  }
  return held + held_by(tensors_of_hdf5(std::move(tree)));
}

std::uint64_t read_idx_file(std::span<const std::byte> bytes) {
  const MemoryFile file(bytes);
  return read_idx(file.name()).bytes();
}

std::uint64_t decode(std::span<const std::byte> bytes) {
  const Image rgb = decode_image(bytes, ColorMode::rgb, "x.png");
  const Image gray = decode_image(bytes, ColorMode::gray, "x.png");
  if (rgb.pixels.size() != 3 * gray.pixels.size()) std::abort();
  return rgb.pixels.size();
}

std::uint64_t nodes(const SpecValue& value) {
  std::uint64_t sum = sizeof value + value.text.size();
  for (const auto& item : value.items) sum += nodes(item);
  for (const auto& keyword : value.keywords) sum += sizeof keyword + keyword.name.size() + nodes(keyword.value);
  return sum;
}

/// What is printed reads back as the same.
std::uint64_t read_spec(std::span<const std::byte> bytes) {
  const SpecValue value = parse_spec(text_of(bytes));
  const std::string printed = value.print();
  if (printed.size() <= spec_max_length && !(parse_spec(printed) == value)) std::abort();
  return 2 * nodes(value) + printed.size();
}

std::uint64_t nodes(const JsonValue& value) {
  std::uint64_t sum = sizeof value;
  if (value.is_string()) return sum + value.string().size();
  if (value.is_array())
    for (const auto& element : value.elements()) sum += nodes(element);
  if (value.is_object())
    for (const auto& member : value.members()) sum += sizeof(std::string) + member.name.size() + nodes(member.value);
  return sum;
}

std::uint64_t read_json(std::span<const std::byte> bytes) {
  const JsonValue value = JsonValue::parse(text_of(bytes));
  const std::string written = value.text();
  if (JsonValue::parse(written).text() != written) std::abort();
  return 2 * nodes(value) + written.size();
}

/// A model's config as a network, built where it says its input's shape, and written again.
std::uint64_t read_config(std::span<const std::byte> bytes) {
  const JsonValue config = JsonValue::parse(text_of(bytes));
  const auto policies = keras_policies(config);
  const Network network = network_from_keras_config(config, "config.json");
  std::uint64_t held = 2 * nodes(config) + policies.size() + network.size() * 20'000;
  if (network.input_shape()) held += keras_config(network, *network.input_shape()).text().size();
  return held;
}

// Deflate makes 1,032 bytes of one; a text's shortest node is one character; a black progressive JPEG has 20,000 pixels a byte.
constexpr std::array all{Reader{.name = "hdf5", .ratio = 1032, .read = read_hdf5_file},
                         Reader{.name = "keras", .ratio = 1032, .read = read_weights},
                         Reader{.name = "npz", .ratio = 1032, .read = read_weights},
                         Reader{.name = "safetensors", .ratio = sizeof(JsonValue), .read = read_weights},
                         Reader{.name = "onnx", .ratio = 1032, .read = read_onnx_file},
                         Reader{.name = "idx", .ratio = 1032, .read = read_idx_file},
                         Reader{.name = "image", .ratio = 60'000, .read = decode},
                         Reader{.name = "spec", .ratio = sizeof(SpecValue), .read = read_spec},
                         Reader{.name = "json", .ratio = sizeof(JsonValue), .read = read_json},
                         Reader{.name = "config", .ratio = 20 * sizeof(JsonValue), .read = read_config}};

}  // namespace

std::span<const Reader> readers() { return all; }

const Reader* reader_of(std::string_view name) {
  for (const auto& reader : all)
    if (reader.name == name) return &reader;
  return nullptr;
}

}  // namespace lehr::fuzz
