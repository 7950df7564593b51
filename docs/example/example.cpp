// Train a small network on the bundled digits, stop early, and say how it does on the test part.
#include <lehr/lehr.h>

#include <iostream>

using namespace lehr;

int main() {
  try {
    const DataSplits data = load_data(parse_data_spec("digits"));
    Network network;
    network.add(Conv2D{.filters = 16, .kernel_size = Size2(3), .padding = Padding::same, .activation = Activation::relu})
        .add(MaxPooling2D{})
        .add(Flatten{})
        .add(Dense{.units = 64, .activation = Activation::relu})
        .add(Dropout{.rate = 0.25})
        .add(Dense{.units = 10, .activation = Activation::softmax});

    Model model(network, {.optimizer = Adam{.learning_rate = 1e-3}, .input = rescaling(1.0 / 255.0)});
    const History history = model.fit(
        *data.train,
        {.epochs = 20, .validation_data = &*data.validation, .callbacks = {EarlyStopping{.patience = 3, .restore_best_weights = true}}});
    const Evaluation test = model.evaluate(*data.test);
    std::cout << history.epochs() << " epochs, test accuracy " << test.value("accuracy") << '\n';
    return test.value("accuracy") > 0.9 ? 0 : 1;
  } catch (const Error& error) {
    std::cerr << error.what() << '\n';
    return static_cast<int>(error.info().category);
  }
}
