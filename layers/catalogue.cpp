#include "layers/catalogue.h"

#include "layers/activations.h"
#include "layers/augmentation.h"
#include "layers/batch_normalization.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "layers/merging.h"
#include "layers/pooling.h"
#include "layers/rescaling.h"
#include "layers/reshaping.h"
#include "layers/zoo/zoo.h"

namespace lehr {

namespace zoo {
static Network make_network(const Vgg16& o) { return vgg16(o); }
static Network make_network(const Vgg11& o) { return vgg11(o); }
static Network make_network(const LectureCnn& o) { return lecture_cnn(o); }
static Network make_network(const LectureVgg16& o) { return lecture_vgg16(o); }
static Network make_network(const LectureMlp& o) { return lecture_mlp(o); }
}  // namespace zoo

const Catalogue<LayerSpec>& layer_catalogue() {
  using C = Catalogue<LayerSpec>;
  static const C list("layer", {
                                   C::entry<Conv2D>({"Convolution2D"}),
                                   C::entry<Dense>(),
                                   C::entry<MaxPooling2D>({"max_pool2d"}),
                                   C::entry<AveragePooling2D>({"avg_pool2d"}),
                                   C::entry<GlobalAveragePooling2D>({"global_avg_pool2d"}),
                                   C::entry<GlobalMaxPooling2D>({"global_max_pool2d"}),
                                   C::entry<Flatten>(),
                                   C::entry<Dropout>(),
                                   C::entry<ActivationLayer>(),
                                   C::entry<ReLU>(),
                                   C::entry<LeakyReLU>(),
                                   C::entry<Softmax>(),
                                   C::entry<BatchNormalization>(),
                                   C::entry<Rescaling>(),
                                   C::entry<Add>(),
                                   C::entry<Concatenate>(),
                                   C::entry<Identity>(),
                                   C::entry<RandomFlip>(),
                                   C::entry<RandomRotation>(),
                                   C::entry<RandomTranslation>(),
                                   C::entry<RandomZoom>(),
                                   C::entry<RandomContrast>(),
                                   C::entry<RandomBrightness>(),
                                   C::entry<RandomCrop>(),
                               });
  return list;
}

const Catalogue<NamedNetwork>& network_catalogue() {
  using C = Catalogue<NamedNetwork>;
  static const C list("network", {C::entry<zoo::Vgg16>(), C::entry<zoo::Vgg11>(), C::entry<zoo::LectureCnn>(),
                                  C::entry<zoo::LectureVgg16>(), C::entry<zoo::LectureMlp>()});
  return list;
}

}  // namespace lehr
