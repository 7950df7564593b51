// name_fields.h: the fields that end every layer's list.
#pragma once

namespace lehr {

template <class Self, class F>
void name_fields(Self& self, F&& f) {
  f("name", self.name, "name of the layer");
  f("trainable", self.trainable, "no weights: nothing to train");
}
template <class Self, class F>
void weighted_name_fields(Self& self, F&& f) {
  f("name", self.name, "name of the layer");
  f("trainable", self.trainable, "false: the weights stay as they are");
}

}  // namespace lehr
