// catalogue.h: the layers and networks that have a name. A new layer is one line here.
#pragma once

#include "engine/spec/catalogue.h"
#include "layers/layer.h"
#include "layers/network.h"

namespace lehr {

const Catalogue<LayerSpec>& layer_catalogue();

/// A named network: Network's maker from its options.
struct NamedNetwork {
  template <class Options>
    requires requires(const Options& o) { make_network(o); }
  explicit NamedNetwork(const Options& options) : network(make_network(options)) {}
  Network network;
};
const Catalogue<NamedNetwork>& network_catalogue();

}  // namespace lehr
