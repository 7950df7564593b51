// tensor_file_writer.h: write_tensor_file for files of one model, again and again: what libhdf5 has laid out once is kept (Hdf5Encoder).
#pragma once

#include <string>

#include "weights/hdf5_file.h"
#include "weights/tensor_file.h"

namespace lehr {

class TensorFileWriter {
 public:
  void write(const std::string& file, TensorFile tensors);

 private:
  Hdf5Encoder encoder_;
};

}  // namespace lehr
