// zoo.h: networks that have a name: VGG-16 and those of the lecture.
#pragma once

#include "layers/network.h"

namespace lehr::zoo {

/// VGG-16 with Keras's layer names (Simonyan and Zisserman 2014). `width` divides every channel count: 4 is the quarter-width net of the
/// laptop scale.
struct Vgg16 {
  static constexpr SpecInfo info{
      .name = "vgg16",
      .class_name = "VGG16",
      .summary = "VGG-16, Keras's layer names",
      .formula = "five blocks of 3x3 convolutions (2, 2, 3, 3, 3) and max pooling; 14,714,688 parameters without the top"};
  bool include_top = true;
  std::string weights = "none";
  std::optional<std::vector<int>> input_shape = {};
  std::optional<std::string> pooling = {};
  int classes = 1000;
  std::string classifier_activation = "softmax";
  int width = 1;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("include_top", self.include_top, "with the three dense layers, for 224x224 images");
    f("weights", self.weights, "none, imagenet, or a weights file");
    f("input_shape", self.input_shape, "[height, width, channels]; else the data's");
    f("pooling", self.pooling, "avg or max: global pooling at the end where there is no top");
    f("classes", self.classes, "outputs of the top");
    f("classifier_activation", self.classifier_activation, "of the top");
    f("width", self.width, "divides all channel counts: 1 is VGG-16 itself");
  }
};
Network vgg16(const Vgg16& options = {});

/// 16.1: six 3x3 convolutions in three blocks, two dense layers with dropout. Printed in the lecture without activations in the
/// convolutions (linear).
struct LectureCnn {
  static constexpr SpecInfo info{
      .name = "lecture_cnn",
      .class_name = "LectureCnn",
      .summary = "the lecture's CIFAR-10 network (16.1)",
      .formula =
          "3 x (conv, conv, max pooling) with 32, 64, 128 filters | flatten | dense 128, dropout, dense 64, dropout | dense classes"};
  Activation activation = Activation::linear;
  int classes = 10;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("activation", self.activation, "of the convolutions: linear as printed, or relu");
    f("classes", self.classes, "number of classes");
  }
};
Network lecture_cnn(const LectureCnn& options = {});

/// 16.2: VGG-16 without top, global average pooling, 1024, 256 with dropout, classes.
struct LectureVgg16 {
  static constexpr SpecInfo info{
      .name = "lecture_vgg16",
      .class_name = "LectureVgg16",
      .summary = "the lecture's face network (16.2)",
      .formula = "vgg16(include_top=false) | global_average_pooling2d | dense 1024, dropout, dense 256, dropout | dense classes"};
  int classes = 62;
  std::string weights = "imagenet";
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("classes", self.classes, "number of classes");
    f("weights", self.weights, "none, imagenet, or a weights file");
  }
};
Network lecture_vgg16(const LectureVgg16& options = {});

/// 16.5: flatten, one hidden layer, softmax.
struct LectureMlp {
  static constexpr SpecInfo info{.name = "lecture_mlp",
                                 .class_name = "LectureMlp",
                                 .summary = "the lecture's Fashion-MNIST network (16.5)",
                                 .formula = "flatten | dense(units, relu) | dense(classes, softmax)"};
  int units = 320;
  int classes = 10;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("units", self.units, "of the hidden layer");
    f("classes", self.classes, "number of classes");
  }
};
Network lecture_mlp(const LectureMlp& options = {});

/// A VGG-11 shape at a fraction of its width: learns from random weights on a laptop, where the 16 layers are too deep to start.
struct Vgg11 {
  static constexpr SpecInfo info{.name = "vgg11",
                                 .class_name = "VGG11",
                                 .summary = "VGG-11 shape, for training from scratch",
                                 .formula = "3x3 convolutions (1, 1, 2, 2, 2) with max pooling, 64 to 512 channels divided by width"};
  int width = 1;
  std::string weights = "none";
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("width", self.width, "divides all channel counts");
    f("weights", self.weights, "none, or a file: of a network that began with these layers");
  }
};
Network vgg11(const Vgg11& options = {});

}  // namespace lehr::zoo
