// A model's weights in files: of its own run, of Keras, of PyTorch.
#include <algorithm>

#include "tune/keras_compile.h"
#include "tune/keras_optimizer.h"
#include "tune/model.h"
#include "weights/model_file.h"
#include "weights/source.h"

namespace lehr {

namespace {

std::string take_weights(const Match& match, const std::string& file, State& state) {
  for (const auto& weight : match.weights) state.write(weight.state, weight.values);
  state.refresh_copy();
  return match_text(match, file);
}

}  // namespace

double Model::learning_rate() const { return rate_left_ ? *rate_left_ : options_.optimizer.learning_rate().first(); }

TensorFile Model::weight_file(const std::string& name) const {
  const WeightFormat format = format_of_name(name);
  TensorFile tensors = format == WeightFormat::keras ? model_tensors(network(), state()) : tensor_file_of(network(), state());
  if (format == WeightFormat::weights_h5 || (format == WeightFormat::keras && keras_knows(options_.optimizer)))
    tensors.optimizer = optimizer_variables(options_.optimizer, state(), learning_rate());
  if (format == WeightFormat::keras && keras_knows(options_.optimizer) && options_.loss)
    tensors.compile_config = to_compile_config(
        {.optimizer = options_.optimizer, .loss = options_.loss, .metrics = options_.metrics, .class_metrics = options_.class_metrics},
        learning_rate());
  return tensors;
}

void Model::save_weights(const std::string& file) const { write_tensor_file(file, weight_file(file)); }

// NOLINTNEXTLINE(readability-make-member-function-const): the weights are the model's
std::string Model::load_weights(const std::string& file, Matching matching) {
  return take_weights(match_weights(read_tensor_file(file), network(), matching), file, state());
}

/// weights=imagenet or a file: the layers that the file names, by their names; a head behind them keeps its starting values.
void Model::load_source() {
  if (network_.weight_layers().empty() && is_model_file(network_.weights())) {
    messages_.push_back(load_weights(network_.weights()));
    return;
  }
  const auto names = network_.layer_names();
  const bool top = std::find(names.begin(), names.end(), "fc1") != names.end();
  const std::string file = find_weights(network_.weights(), network_.name(), options_.weights_dir, top);
  messages_.push_back(
      take_weights(match_weights(read_tensor_file(file), network(), Matching::by_name, network_.weight_layers()), file, state()));
}

}  // namespace lehr
