#include "weights/tensor_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "engine/atomic_file.h"
#include "engine/data/zip.h"
#include "engine/descriptor.h"
#include "weights/formats.h"
#include "weights/onnx_model.h"
#include "weights/tensor_file_writer.h"

namespace lehr {

namespace {

/// The first eight bytes tell the kinds apart.
std::array<char, 8> beginning(const std::string& file) {
  const Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info{};
  if (!in || ::fstat(in.get(), &info) != 0)
    throw Error({.category = Category::data, .where = file, .what = std::string("cannot be opened (") + std::strerror(errno) + ")"});
  if (!S_ISREG(info.st_mode)) throw Error({.category = Category::data, .where = file, .what = "is not a file"});
  std::array<char, 8> out{};
  if (::pread(in.get(), out.data(), out.size(), 0) != static_cast<ssize_t>(out.size()))
    throw Error({.category = Category::data,
                 .where = file,
                 .what = "is too short to hold weights",
                 .hint = "The download may have been cut; fetch the file again."});
  return out;
}

}  // namespace

std::string_view name_of(WeightFormat format) {
  switch (format) {
    case WeightFormat::keras_h5:
      return "Keras HDF5 (legacy)";
    case WeightFormat::weights_h5:
      return "Keras 3 weights";
    case WeightFormat::keras:
      return "Keras 3 model";
    case WeightFormat::npz:
      return "NumPy npz";
    case WeightFormat::onnx:
      return "ONNX model";
    default:
      return "safetensors";
  }
}

std::size_t TensorFile::weight_count() const {
  std::size_t count = 0;
  for (const auto& layer : layers) count += layer.weights.size();
  return count;
}

WeightFormat format_of_name(const std::string& file) {
  if (file.ends_with(".weights.h5")) return WeightFormat::weights_h5;
  if (file.ends_with(".h5") || file.ends_with(".hdf5")) return WeightFormat::keras_h5;
  if (file.ends_with(".keras")) return WeightFormat::keras;
  if (file.ends_with(".npz")) return WeightFormat::npz;
  if (file.ends_with(".safetensors")) return WeightFormat::safetensors;
  if (file.ends_with(".onnx")) return WeightFormat::onnx;
  throw Error({.category = Category::usage,
               .where = file,
               .what = "the name does not tell a weight format",
               .expected = ".weights.h5, .keras, .h5, .npz, .safetensors or .onnx"});
}

TensorFile tensors_of_hdf5(Hdf5Tree tree) {
  const bool paths = tree.has_group("layers") || tree.has_group("_layer_checkpoint_dependencies") || tree.has_group("vars");
  const bool legacy = tree.attribute("", "layer_names") != nullptr || tree.has_group("model_weights");
  return paths && !legacy ? from_variable_paths(std::move(tree)) : from_legacy_hdf5(std::move(tree));
}

namespace {

TensorFile read_by_content(const std::string& file, bool with_weights) {
  const auto first = beginning(file);
  if (file.ends_with(".onnx")) return from_onnx(read_onnx(file), file);
  const std::string_view start(first.data(), first.size());
  if (start.starts_with("PK")) {
    const ZipReader zip(file);
    return zip.find("config.json") != nullptr || zip.find("model.weights.h5") != nullptr ? read_keras_archive(file, with_weights)
                                                                                         : read_npz_weights(file);
  }
  if (start == std::string_view("\x89HDF\r\n\x1a\n", 8)) return tensors_of_hdf5(read_hdf5(file));
  if (first[7] == 0 && first[6] == 0) return read_safetensors(file);
  if (first[0] == '\x08' && first[1] > 0 && first[1] < ' ') return from_onnx(read_onnx(file), file);  // ir_version, the first field
  throw Error({.category = Category::data,
               .where = file,
               .what = "is no weight file that can be read",
               .expected = "HDF5, .keras, .npz, safetensors or ONNX",
               .hint = "The file is damaged or of another kind; fetch or write it again."});
}

TensorFile read_whole_or_texts(const std::string& file, bool with_weights) {
  try {
    return read_by_content(file, with_weights);
  } catch (const Error& error) {  // a JSON value of another type knows no file
    if (error.info().where.find(file) != std::string::npos) throw;
    auto info = error.info();
    info.where = file + (info.where.empty() ? "" : ", " + info.where);
    throw Error(info);
  }
}

}  // namespace

TensorFile read_tensor_file(const std::string& file) { return read_whole_or_texts(file, true); }
TensorFile read_model_texts(const std::string& file) { return read_whole_or_texts(file, false); }

void TensorFileWriter::write(const std::string& file, TensorFile tensors) {
  tensors.source = file;
  switch (format_of_name(file)) {
    case WeightFormat::weights_h5:
      return write_file_atomically(file, encoder_.encode(to_variable_paths(std::move(tensors))));
    case WeightFormat::keras_h5:
      return write_file_atomically(file, encoder_.encode(to_legacy_hdf5(std::move(tensors))));
    case WeightFormat::keras:
      return write_keras_archive(file, std::move(tensors));
    case WeightFormat::npz:
      return write_npz_weights(file, tensors);
    case WeightFormat::onnx:
      return write_onnx(file, to_onnx(std::move(tensors)));
    default:
      return write_safetensors(file, tensors);
  }
}

void write_tensor_file(const std::string& file, TensorFile tensors) { TensorFileWriter().write(file, std::move(tensors)); }

}  // namespace lehr
