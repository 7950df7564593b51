// keras_compile.h: Keras's compile_config (JSON) as optimizer, loss and metrics, and back.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/json.h"
#include "layers/losses.h"
#include "layers/metrics.h"
#include "optim/optimizer.h"
#include "tune/class_metrics.h"

namespace lehr {

struct Compiled {
  Optimizer optimizer = {};
  std::optional<Loss> loss = {};
  std::optional<std::vector<Metric>> metrics = {};
  std::vector<ClassMetric> class_metrics = {};
  std::vector<std::string> left_out = {};  ///< a line each, with the file's name
};

/// Of a part of a compile_config: nothing, as somebody brings their own; what can be read, the rest into left_out; all of it.
enum class Wanted : std::uint8_t { nothing, readable, all };
struct CompileWishes {
  Wanted optimizer = Wanted::all, loss = Wanted::all, metrics = Wanted::all;
};

/// Error{data} names what is not supported, what is, and the flag that helps.
Compiled from_compile_config(const std::string& json, const std::string& source, const CompileWishes& wishes = {});
/// Of a compile_config, or of an .h5 file's training_config, which calls it otherwise; null where there is none.
const JsonValue* compiled_optimizer(const JsonValue& compiled);
/// `rate`: the learning rate as it stands; written where it is a number, or a schedule that Keras does not have.
std::string to_compile_config(const Compiled& compiled, double rate);
bool is_keras_schedule(const std::string& class_name);
bool keras_knows(const Optimizer& optimizer);  ///< Keras has an optimizer of this name

}  // namespace lehr
