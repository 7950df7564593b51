#include "layers/catalogue.h"

#include "layers/activations.h"
#include "layers/augmentation.h"
#include "layers/batch_normalization.h"
#include "layers/bordering.h"
#include "layers/conv2d.h"
#include "layers/conv2d_transpose.h"
#include "layers/dense.h"
#include "layers/depthwise_conv2d.h"
#include "layers/dropout.h"
#include "layers/layer_normalization.h"
#include "layers/merging.h"
#include "layers/noise.h"
#include "layers/normalization.h"
#include "layers/operation.h"
#include "layers/pooling.h"
#include "layers/rescaling.h"
#include "layers/reshaping.h"
#include "layers/resizing.h"
#include "layers/scaling.h"
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
                                   C::entry<DepthwiseConv2D>(),
                                   C::entry<SeparableConv2D>({"SeparableConvolution2D"}),
                                   C::entry<Conv2DTranspose>({"Convolution2DTranspose"}),
                                   C::entry<Dense>(),
                                   C::entry<MaxPooling2D>({"max_pool2d"}),
                                   C::entry<AveragePooling2D>({"avg_pool2d"}),
                                   C::entry<GlobalAveragePooling2D>({"global_avg_pool2d"}),
                                   C::entry<GlobalMaxPooling2D>({"global_max_pool2d"}),
                                   C::entry<ZeroPadding2D>(),
                                   C::entry<Cropping2D>(),
                                   C::entry<UpSampling2D>(),
                                   C::entry<Resizing>(),
                                   C::entry<CenterCrop>(),
                                   C::entry<Flatten>(),
                                   C::entry<Reshape>(),
                                   C::entry<Permute>(),
                                   C::entry<RepeatVector>(),
                                   C::entry<Dropout>(),
                                   C::entry<SpatialDropout2D>(),
                                   C::entry<GaussianNoise>(),
                                   C::entry<GaussianDropout>(),
                                   C::entry<StochasticDepth>(),
                                   C::entry<ActivationLayer>(),
                                   C::entry<ReLU>(),
                                   C::entry<LeakyReLU>(),
                                   C::entry<ELU>(),
                                   C::entry<PReLU>(),
                                   C::entry<Softmax>(),
                                   C::entry<BatchNormalization>(),
                                   C::entry<LayerNormalization>(),
                                   C::entry<GroupNormalization>(),
                                   C::entry<LayerScale>(),
                                   C::entry<CustomScaleLayer>(),
                                   C::entry<Normalization>(),
                                   C::entry<Rescaling>(),
                                   C::entry<Add>(),
                                   C::entry<Subtract>(),
                                   C::entry<Multiply>(),
                                   C::entry<Average>(),
                                   C::entry<Maximum>(),
                                   C::entry<Minimum>(),
                                   C::entry<Concatenate>(),
                                   C::entry<Operation>(),
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
