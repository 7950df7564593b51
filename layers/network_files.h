// network_files.h: names in a network's text that stand for files. layers/ itself reads none: whoever does, says how.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "layers/network.h"

namespace lehr {

/// The network that a name stands for where it is a file; empty: it is none.
using NetworkFiles = std::function<std::optional<Network>(const std::string& name)>;
Network network_from_spec(const SpecValue& value, const NetworkFiles& files);

}  // namespace lehr
