#include "tune/collapse.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "layers/network.h"

namespace lehr {

namespace {

constexpr std::int64_t probe_images = 32;

/// The network's first `count` layers, names kept: automatic names count from the front.
Network front_of(const Network& network, std::size_t count) {
  Network out;
  for (std::size_t g = 1; g < network.groups().size(); ++g) out.add_group(network.groups()[g]);
  for (std::size_t i = 0; i < count; ++i) out.add(network.entries()[i]);
  return out;
}

std::string share_text(double share) { return fmt::format("{:.2g} %", 100 * share); }

double rms(std::span<const float> values) {
  double sum = 0;
  for (const float v : values) sum += static_cast<double>(v) * v;
  return values.empty() ? 0 : std::sqrt(sum / static_cast<double>(values.size()));
}

double rms_difference(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (static_cast<double>(a[i]) - b[i]) * (static_cast<double>(a[i]) - b[i]);
  return a.empty() ? 0 : std::sqrt(sum / static_cast<double>(a.size()));
}

void probe_outputs(const Array& outputs, LayerProbe& probe) {
  const auto values = outputs.as<float>();
  const auto rows = static_cast<std::size_t>(outputs.rows()), width = static_cast<std::size_t>(outputs.row_elements());
  std::size_t silent = 0;
  double spread = 0;
  for (std::size_t j = 0; j < width; ++j) {
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < rows; ++i) sum += values[i * width + j];
    const double mean = sum / static_cast<double>(rows);
    bool all_zero = true;
    for (std::size_t i = 0; i < rows; ++i) {
      const double v = values[i * width + j];
      squares += (v - mean) * (v - mean);
      all_zero = all_zero && v == 0;
    }
    spread += squares / static_cast<double>(rows);
    silent += all_zero ? 1 : 0;
  }
  const double level = rms(values);
  probe.silent = width == 0 ? 0 : static_cast<double>(silent) / static_cast<double>(width);
  probe.variation = level > 0 ? std::sqrt(spread / static_cast<double>(width)) / level : 0;
}

double kernel_change(const NamedArrays& before, const NamedArrays& after, const std::string& layer) {
  const Array* from = find_array(before, layer + "/kernel");
  const Array* to = find_array(after, layer + "/kernel");
  if (from == nullptr || to == nullptr || from->shape() != to->shape()) return std::numeric_limits<double>::quiet_NaN();
  return rms_difference(to->as<float>(), from->as<float>()) / std::max(rms(from->as<float>()), 1e-30);
}

}  // namespace

std::vector<LayerProbe> probe_layers(const Network& network, const ModelOptions& start, const NamedArrays& trained, const Array& images) {
  std::vector<LayerProbe> out;
  for (std::size_t i = 0; i < network.size(); ++i) {
    Model front(front_of(network, i + 1), start);
    front.build(images.shape().without_batch());
    const BuiltLayer& layer = front.network().layers().back();
    if (layer.weights.empty()) continue;
    LayerProbe probe{.name = layer.name, .moved = kernel_change(front.weights(), trained, layer.name)};
    front.set_weights(trained, "trained weights");
    probe_outputs(front.predict(images), probe);
    out.push_back(std::move(probe));
  }
  return out;
}

std::string why_collapsed(std::span<const LayerProbe> probes, const History& history, double entropy) {
  if (probes.empty() || history.epochs() == 0) return {};
  const double first = history.at("loss", 0);
  const bool exploded = !std::isnan(entropy) && first > 1.5 * entropy;
  const auto lost = std::find_if(probes.begin(), probes.end(), [](const LayerProbe& p) { return !(p.variation > 1e-3); });
  std::string out;
  const LayerProbe* suspect = &probes.back();
  if (lost == probes.end()) {
    out = fmt::format("Every layer still tells images apart (the outputs vary by {} between images), but not by class.",
                      share_text(probes.back().variation));
  } else if (lost->silent >= 0.999) {
    suspect = &*lost;
    out = fmt::format(
        "Layer {} gives 0 for every image: its units are dead, and as no gradient passes a dead ReLU, nothing behind or before it can "
        "learn "
        "more than the class shares.",
        lost->name);
  } else {
    suspect = &*lost;
    out = fmt::format("From layer {} on, all images give the same numbers{}: nothing of the image is left to learn from.", lost->name,
                      lost == probes.begin()
                          ? ""
                          : fmt::format(" ({} before it still varies by {})", (lost - 1)->name, share_text((lost - 1)->variation)));
  }
  double most = 0;
  for (const auto& p : probes) most = std::isnan(p.moved) ? most : std::max(most, p.moved);
  if (exploded)
    out += fmt::format(" It began with an explosion: the mean loss of epoch 1 was {:.3g}, where knowing nothing costs {:.3g}.", first,
                       entropy);
  if (!std::isnan(suspect->moved) && suspect->moved >= 1)
    out += fmt::format(" Training moved that layer's weights by {:.1f} times their size at the start.", suspect->moved);
  if (exploded || suspect->moved >= 1) return out + " The steps were too large for this network: try a tenth of the learning rate.";
  if (most < 0.1)
    return out + fmt::format(
                     " No layer's weights moved by more than {} of their size at the start: the rate or the number of epochs is too "
                     "small, or no gradient reached them.",
                     share_text(most));
  return out +
         " That alone does not convict the learning rate: compare a run at a tenth of it, and one of a shallower or normalized network.";
}

std::string why_collapsed(const FitJob& job, const DataSplits& data, const History& history, const std::string& weights_file) {
  const Dataset& images = data.test ? *data.test : data.validation ? *data.validation : data.any();
  if (images.streamed || images.size() == 0) return {};
  const std::int64_t step = std::max<std::int64_t>(1, images.size() / probe_images);
  std::vector<std::int64_t> rows;
  for (std::int64_t i = 0; i < images.size() && static_cast<std::int64_t>(rows.size()) < probe_images; i += step) rows.push_back(i);
  const Network network = network_from_text(job.model);
  Model trained(network, model_options(job, images));
  trained.build(images.sample_shape());
  trained.load_weights(weights_file);
  const auto probes = probe_layers(network, model_options(job, images), trained.weights(), images.x.take(rows));
  return why_collapsed(probes, history, class_entropy(data.any()));
}

}  // namespace lehr
