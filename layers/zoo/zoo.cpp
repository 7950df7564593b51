#include "layers/zoo/zoo.h"

#include <array>

#include "layers/activations.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "layers/pooling.h"
#include "layers/reshaping.h"

namespace lehr::zoo {

namespace {

constexpr std::array vgg_channels{64, 128, 256, 512, 512};

/// block<b>_conv<i> and block<b>_pool, as Keras names them.
void add_blocks(Network& net, std::array<int, 5> convolutions, int width) {
  if (width < 1 || width > 64)
    throw Error({.category = Category::usage,
                 .where = "vgg16",
                 .what = "width divides the channel counts",
                 .expected = "1 to 64",
                 .got = std::to_string(width)});
  for (std::size_t b = 0; b < vgg_channels.size(); ++b) {
    const std::string block = "block" + std::to_string(b + 1);
    for (int i = 1; i <= convolutions[b]; ++i)
      net.add(Conv2D{.filters = vgg_channels[b] / width,
                     .kernel_size = Size2(3),
                     .padding = Padding::same,
                     .activation = Activation::relu,
                     .name = block + "_conv" + std::to_string(i)});
    net.add(MaxPooling2D{.name = block + "_pool"});
  }
}

void add_head(Network& net, const std::vector<int>& units, double rate, int classes) {
  for (const int u : units) net.add(Dense{.units = u, .activation = Activation::relu}).add(Dropout{.rate = rate});
  net.add(Dense{.units = classes, .activation = Activation::softmax});
}

}  // namespace

Network vgg16(const Vgg16& o) {
  Network net;
  net.set_name("vgg16");
  if (o.input_shape) net.set_input_shape(Shape(std::vector<std::int64_t>(o.input_shape->begin(), o.input_shape->end())));
  if (o.weights != "none") net.set_weights(o.weights);
  add_blocks(net, {2, 2, 3, 3, 3}, o.width);
  if (o.include_top) {
    net.add(Flatten{.name = "flatten"})
        .add(Dense{.units = 4096 / o.width, .activation = Activation::relu, .name = "fc1"})
        .add(Dense{.units = 4096 / o.width, .activation = Activation::relu, .name = "fc2"});
    net.add(Dense{
        .units = o.classes, .activation = activation_of(o.classifier_activation).value_or(Activation::softmax), .name = "predictions"});
  } else if (o.pooling == "avg") {
    net.add(GlobalAveragePooling2D{});
  } else if (o.pooling == "max") {
    net.add(GlobalMaxPooling2D{});
  }
  return net;
}

Network lecture_cnn(const LectureCnn& o) {
  Network net;
  net.set_name("lecture_cnn");
  for (const int filters : {32, 64, 128}) {
    for (int i = 0; i < 2; ++i)
      net.add(Conv2D{.filters = filters, .kernel_size = Size2(3), .padding = Padding::same, .activation = o.activation});
    net.add(MaxPooling2D{});
  }
  net.add(Flatten{});
  add_head(net, {128, 64}, 0.25, o.classes);
  return net;
}

Network lecture_vgg16(const LectureVgg16& o) {
  Network net = vgg16({.include_top = false, .weights = o.weights});
  net.add(GlobalAveragePooling2D{});
  add_head(net, {1024, 256}, 0.25, o.classes);
  return net;
}

Network lecture_mlp(const LectureMlp& o) {
  Network net;
  net.set_name("lecture_mlp");
  return net.add(Flatten{})
      .add(Dense{.units = o.units, .activation = Activation::relu})
      .add(Dense{.units = o.classes, .activation = Activation::softmax});
}

Network vgg11(const Vgg11& o) {
  Network net;
  net.set_name("vgg11");
  if (o.weights != "none") net.set_weights(o.weights);
  add_blocks(net, {1, 1, 2, 2, 2}, o.width);
  return net;
}

}  // namespace lehr::zoo
