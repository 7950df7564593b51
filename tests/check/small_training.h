// small_training.h: a network with most kinds of operation that a plan can hold, and rows to train it on; milliseconds an epoch.
#pragma once

#include <memory>

#include "engine/data/dataset.h"
#include "kernels/cpu.h"
#include "layers/batch_normalization.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "layers/merging.h"
#include "layers/network.h"
#include "layers/pooling.h"
#include "layers/reshaping.h"
#include "optim/adam.h"
#include "tune/model.h"

namespace lehr::check {

/// A branch, normalization, two kinds of pooling, dropout, a penalty and a constraint; four classes.
inline Network small_network() {
  Network net(Shape{12, 12, 3});
  net.add(Conv2D{.filters = 8, .kernel_size = Size2(3), .padding = Padding::same, .activation = Activation::relu});
  const Node begin = net.last();
  const Node convolved = net.add(Conv2D{.filters = 8, .kernel_size = Size2(3), .padding = Padding::same}, {begin});
  const Node normalized = net.add(BatchNormalization{}, {convolved});
  net.add(Add{}, {begin, normalized});
  return net.add(MaxPooling2D{})
      .add(AveragePooling2D{})
      .add(Flatten{})
      .add(Dense{.units = 16, .activation = Activation::relu, .kernel_regularizer = l2(1e-4), .kernel_constraint = max_norm(2)})
      .add(Dropout{.rate = 0.25})
      .add(Dense{.units = 4, .activation = Activation::softmax});
}

inline Dataset small_dataset(std::int64_t rows) {
  Dataset data{.x = Array({rows, 12, 12, 3}, DType::u8), .y = Array({rows}, DType::i32)};
  for (std::size_t i = 0; i < data.x.bytes(); ++i) data.x.data()[i] = static_cast<std::byte>(i * 31 % 251);
  for (std::int64_t i = 0; i < rows; ++i) data.y.as<std::int32_t>()[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(i % 4);
  return data;
}

inline Model small_model(Optimizer optimizer = Adam{}, Precision precision = Precision::float32,
                         std::shared_ptr<Backend> backend = std::make_shared<Cpu>(2)) {
  return Model(small_network(),
               {.optimizer = std::move(optimizer), .precision = precision, .backend = std::move(backend), .input = rescaling(1.0 / 255)});
}

}  // namespace lehr::check
