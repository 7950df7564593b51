#include "tune/descent.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "layers/dense.h"
#include "optim/sgd.h"
#include "tune/callbacks/lambda_callback.h"
#include "tune/format.h"
#include "tune/model.h"

namespace lehr {

namespace {

Array one_number(float value) {
  Array out({1, 1}, DType::f32);
  out.as<float>()[0] = value;
  return out;
}

const char* character(double rate) {
  const double factor = 1 - 2 * rate;
  if (std::abs(factor) > 1) return "too large: every step ends higher";
  if (factor < 0) return "over the bottom and back";
  return factor > 0.9 ? "too small: hardly moves" : "fits";
}

plot::LinePanel bowl(const Descent& d, double reach, double top) {
  plot::Series curve{.color = plot::ink, .width = 1.4}, steps{.color = plot::red, .width = 1.2};
  for (int i = -60; i <= 60; ++i) {
    const double w = reach * i / 60;
    curve.x.push_back(w);
    curve.y.push_back(w * w);
  }
  steps.x = d.weights;
  steps.y = d.losses;
  plot::LinePanel out{.title = fmt::format("learning rate {}: {}", repr(d.rate), character(d.rate)),
                      .x_label = "weight w",
                      .y_label = "loss J(w)",
                      .series = {curve, steps},
                      .y_low = 0,
                      .y_high = top};
  // A dot a step: a series of one point each.
  for (std::size_t i = 0; i < d.weights.size(); ++i)
    out.series.push_back({.x = {d.weights[i]}, .y = {d.losses[i]}, .color = i == 0 ? plot::blue : plot::red});
  return out;
}

}  // namespace

double closed_form(double rate, double start, std::int64_t step) { return std::pow(1 - 2 * rate, static_cast<double>(step)) * start; }

Descent descend(double rate, double start, std::int64_t steps) {
  const Dataset sample{.x = one_number(1), .y = one_number(0)};
  Network network(Shape{1});
  network.add(Dense{.units = 1, .use_bias = false});
  Model model(std::move(network), {.optimizer = SGD{.learning_rate = rate}, .loss = MeanSquaredError{}});
  model.build(sample.sample_shape());
  NamedArrays weights = model.weights();
  weights.front().second.as<float>()[0] = static_cast<float>(start);
  model.set_weights(weights, "the start");

  Descent out{.rate = rate, .weights = {static_cast<double>(static_cast<float>(start))}};
  const LambdaCallback record{.on_epoch_end = [&](Run& run, std::int64_t, EpochLogs&) { out.weights.push_back(run.snapshot().front()); }};
  model.fit(sample, {.epochs = steps, .batch_size = 1, .callbacks = {record}});
  for (std::size_t k = 0; k < out.weights.size(); ++k) {
    const double exact = closed_form(rate, out.weights.front(), static_cast<std::int64_t>(k));
    out.losses.push_back(out.weights[k] * out.weights[k]);
    out.error = std::max(out.error, std::abs(out.weights[k] - exact) / std::abs(exact));
  }
  return out;
}

History Descent::history() const {
  History out;
  for (std::size_t k = 0; k < losses.size(); ++k) out.add(static_cast<std::int64_t>(k), {{"loss", losses[k]}, {"learning_rate", rate}});
  return out;
}

plot::Figure descent_figure(std::span<const Descent> descents, const std::string& title) {
  plot::Figure out{.title = title, .columns = 2, .panel_width = 520, .panel_height = 360};
  double reach = 0;
  for (const auto& d : descents)
    for (const double w : d.weights) reach = std::max(reach, std::abs(w));
  reach *= 1.1;
  plot::LinePanel losses{
      .title = "loss by step: dots measured, lines the closed form", .x_label = "step", .y_label = "J", .log_y = true, .whole_x = true};
  for (std::size_t i = 0; i < descents.size(); ++i) {
    const Descent& d = descents[i];
    out.panels.emplace_back(bowl(d, reach, reach * reach));
    plot::Series line{.name = "rate " + repr(d.rate), .color = plot::series_color(i), .width = 1.4};
    for (std::size_t k = 0; k < d.losses.size(); ++k) {
      const double w = closed_form(d.rate, d.weights.front(), static_cast<std::int64_t>(k));
      line.x.push_back(static_cast<double>(k));
      line.y.push_back(w * w);
    }
    losses.series.push_back(line);
    for (std::size_t k = 0; k < d.losses.size(); ++k)
      losses.series.push_back({.x = {static_cast<double>(k)}, .y = {d.losses[k]}, .color = plot::series_color(i)});
  }
  out.panels.emplace_back(std::move(losses));
  return out;
}

std::string descent_csv(std::span<const Descent> descents) {
  std::string out = "rate,step,weight,loss,closed_form\n";
  for (const auto& d : descents)
    for (std::size_t k = 0; k < d.weights.size(); ++k)
      out += fmt::format("{},{},{},{},{}\n", repr(d.rate), k, repr(d.weights[k]), repr(d.losses[k]),
                         repr(closed_form(d.rate, d.weights.front(), static_cast<std::int64_t>(k))));
  return out;
}

std::string descent_text(std::span<const Descent> descents) {
  std::string out =
      "  one weight, J(w) = w^2, steps of the program's own SGD; closed form w_k = (1 - 2 rate)^k w_0\n"
      "    learning rate  steps      w at the start    w at the end   closed form   greatest error   what it does\n";
  for (const auto& d : descents) {
    const auto steps = static_cast<std::int64_t>(d.weights.size()) - 1;
    out += fmt::format("  {:>15} {:>6} {:>19.4f} {:>15.6f} {:>13.6f} {:>16.1e}   {}\n", repr(d.rate), steps, d.weights.front(),
                       d.weights.back(), closed_form(d.rate, d.weights.front(), steps), d.error, character(d.rate));
  }
  const bool all = std::all_of(descents.begin(), descents.end(), [](const auto& d) { return d.holds(); });
  return out + (all ? "  every step agrees with the closed form to float32's rounding\n" : "  the steps DIFFER from the closed form\n");
}

}  // namespace lehr
