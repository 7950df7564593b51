// The grammar: every example of the command's contract, the words of its errors, and texts that nobody would write.
#include <doctest/doctest.h>

#include <chrono>
#include <random>

#include "engine/spec/activation.h"
#include "engine/spec/catalogue.h"
#include "engine/spec/parse.h"
#include "engine/spec/size.h"

namespace lehr {

enum class Edges { valid, same };
template <>
struct SpecEnum<Edges> {
  static constexpr std::pair<std::string_view, Edges> names[] = {
      {"valid", Edges::valid}, {"same", Edges::same}, {"zero_padding", Edges::same}};
};

}  // namespace lehr

using namespace lehr;

namespace {

struct Sgd {
  static constexpr SpecInfo info{.name = "sgd", .class_name = "SGD"};
  double learning_rate = 0.01;
  double momentum = 0;
  bool nesterov = false;
  std::optional<double> weight_decay = {};
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("learning_rate", self.learning_rate, "step size");
    f("momentum", self.momentum, "share of the last step that is kept");
    f("nesterov", self.nesterov, "look ahead");
    f("weight_decay", self.weight_decay, "decoupled decay");
  }
};

struct Conv {
  static constexpr SpecInfo info{.name = "conv2d", .class_name = "Conv2D", .summary = "convolution"};
  Required<int> filters = {};
  Required<Size2> kernel_size = {};
  Size2 strides = {1, 1};
  Edges padding = Edges::valid;
  Activation activation = Activation::linear;
  std::string name = {};
  std::vector<double> bounds = {};
  std::int64_t seed = 0;
  float alpha = 0.1f;
  Sgd sgd = {};
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("filters", self.filters, "number of outputs");
    f("kernel_size", self.kernel_size, "height and width");
    f("strides", self.strides, "step of the window");
    f("padding", self.padding, "at the edges");
    f("activation", self.activation, "applied to the output");
    f("name", self.name, "of the layer");
    f("bounds", self.bounds, "for tests");
    f("seed", self.seed, "for tests");
    f("alpha", self.alpha, "for tests");
    f("sgd", self.sgd, "for tests");
  }
};

struct Flatten {
  static constexpr SpecInfo info{.name = "flatten", .class_name = "Flatten"};
  template <class Self, class F>
  static void fields(Self&, F&&) {}
};

struct MaxPooling {
  static constexpr SpecInfo info{.name = "max_pooling2d", .class_name = "MaxPooling2D"};
  Size2 pool_size = {2, 2};
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("pool_size", self.pool_size, "window");
  }
};

struct Add {
  static constexpr SpecInfo info{.name = "add", .class_name = "Add"};
  static constexpr bool variadic = true;
  Required<std::vector<SpecValue>> branches = {};
  std::string name = {};
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("branches", self.branches, "each takes the value at this point");
    f("name", self.name, "of the layer");
  }
};

/// Any layer, as a catalogue makes it: here just its canonical text.
struct AnyLayer {
  template <SpecType T>
  explicit AnyLayer(const T& spec) : text(to_spec(spec).print()) {}
  std::string text;
};

const Catalogue<AnyLayer>& layers() {
  using C = Catalogue<AnyLayer>;
  static const C list("layer",
                      {C::entry<Conv>({"convolution2d"}), C::entry<Flatten>(), C::entry<MaxPooling>({"max_pool2d"}), C::entry<Add>()});
  return list;
}

template <class F>
std::string error_of(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    CHECK(error.info().category == Category::usage);
    return error.what();
  }
  return "(no error)";
}
std::string parse_error(std::string_view text) {
  return error_of([&] { parse_spec(text, "--model"); });
}
template <class T>
std::string read_error(std::string_view text) {
  return error_of([&] { from_spec<T>(parse_spec(text, "--model")); });
}

/// From the contract of the command, section 1.
const char* const contract[] = {
    "conv2d(32, 3, padding=same, activation=relu) | max_pooling2d(2) | flatten | dense(128, relu) | dropout(0.25) | dense(10, softmax)",
    "repeat(n:int(1, 3), conv2d(f:choice(32, 64), 3, activation=relu) | max_pooling2d)",
    "add(identity, conv2d(32, 3, padding=same) | batch_normalization)",
    "concatenate(A, B)",
    "vgg16(include_top=false, weights=imagenet) | global_average_pooling2d | dense(62, softmax)",
    "lecture_cnn",
    "model.keras",
    "adam(1e-4)",
    "sgd(learning_rate=cosine_decay(0.1, 1000, warmup_target=0.4, warmup_steps=50), momentum=0.9)",
    "categorical_crossentropy(label_smoothing=0.1)",
    "time_based_decay(decay)",
    "step_decay(drop, epochs_drop)",
    "exponential(k)",
    "polynomial(end, power)",
    "warmup(3%, cosine(end))",
    "'initial * 0.5 ** floor(epoch / 15)'",
    "early_stopping(monitor=val_loss, patience=20)",
    "reduce_lr_on_plateau(factor=0.1, patience=10, min_lr=1e-6)",
    "learning_rate_scheduler('initial * 0.5 ** floor(epoch / 15)')",
    "model_checkpoint(best.weights.h5, save_best_only=true)",
    "fashion_mnist",
    "lfw62/",
    "archive.zip",
    "arrays(x.npy, y.npy)",
    "set.npz",
    "faces(people=62, size=100)",
    "csv(file.csv, label=COLUMN, encode=onehot, missing=median, scale=standard)",
    "random_flip(horizontal) | random_rotation(0.1) | random_zoom(0.1)",
    "units:int(32, 512, step=32)",
    "lr:float(1e-5, 1e-2, sampling=log)",
    "act:choice(relu, tanh)",
    "bn:boolean",
    "opt:choice(sgd(momentum=0.9), adam)",
    "dense(units=units:int(32, 512, step=32), activation=act:choice(relu, tanh))",
    "hyperband(max_epochs=10, factor=3)",
    "random(trials=20)",
    "asha(max_epochs=27, factor=3)",
};

}  // namespace

TEST_CASE("spec: every example of the contract parses and prints back") {
  for (const std::string text : contract) {
    CAPTURE(text);
    const SpecValue tree = parse_spec(text);
    CHECK(tree.print() == text);
    CHECK(parse_spec(tree.print()) == tree);
    CHECK(tree.written() == (tree.is(SpecKind::string) ? tree.text : text));
  }
}

TEST_CASE("spec: blanks, quotes and case do not matter to the tree") {
  CHECK(parse_spec("  dense( 10 ,activation = relu )\n|flatten ").print() == "dense(10, activation=relu) | flatten");
  CHECK(parse_spec("Dense(10, Activation=relu)") == parse_spec("dense(10, activation=relu)"));
  CHECK(parse_spec("f(a=1, b=2)") == parse_spec("f(b=2, a=1)"));
  CHECK(parse_spec("\"a, b\"").print() == "'a, b'");
  CHECK(parse_spec("'it\\'s a \\\\ and \\n'").text == "it's a \\ and \n");
  CHECK_FALSE(parse_spec("dense(10)") == parse_spec("dense(11)"));
  CHECK_FALSE(parse_spec("dense(10)") == parse_spec("dense(units=10)"));
}

TEST_CASE("spec: plain values") {
  const auto number = [](std::string_view text) {
    const SpecValue v = parse_spec(text);
    return v.is(SpecKind::number) ? v.number : std::numeric_limits<double>::quiet_NaN();
  };
  CHECK(number("1e-3") == 1e-3);
  CHECK(number("-.5") == -0.5);
  CHECK(number("+2.") == 2.0);
  CHECK(number("1/255") == 1.0 / 255);
  CHECK(number("3%") == 0.03);
  CHECK(std::isnan(number("1/0")));
  CHECK(std::isnan(number("1e999")));
  CHECK(std::isnan(number("nan")));
  CHECK(std::isnan(number("0.1.2")));
  CHECK(parse_spec("3x3") == parse_spec("[3, 3]"));
  CHECK(parse_spec("100x100x3") == parse_spec("[100, 100, 3]"));
  CHECK(parse_spec("3x").is(SpecKind::word));
  CHECK(parse_spec("True") == parse_spec("true"));
  CHECK(parse_spec("None").is(SpecKind::none));
  CHECK(parse_spec("[1, [a, b | c], f(x)]").print() == "[1, [a, b | c], f(x)]");
  for (const char* word : {"/path/with spaces/x", "best.weights.h5", "photos (1)/x", "photo(1).jpg", "exp(-0.1 * epoch) * initial",
                           "cuda:0", "sqlite:///studies.db", "a=b", "(1 - epoch / epochs) * initial", "x[1, 2]", "10min", "it's"}) {
    CAPTURE(word);
    CHECK(parse_spec(word).is(SpecKind::word));
    CHECK(parse_spec(word).text == word);
  }
  const SpecValue call = parse_spec("arrays(/a b/x (1).npy, y=photo(1).jpg)");
  CHECK(call.items.at(0).text == "/a b/x (1).npy");
  CHECK(call.keyword("Y")->text == "photo(1).jpg");
}

TEST_CASE("spec: places") {
  const SpecValue v = parse_spec("a | dense( 10, activation = relu )");
  const SpecValue& dense = v.items.at(1);
  CHECK(dense.offset == 4);
  CHECK(dense.written() == "dense( 10, activation = relu )");
  CHECK(dense.items.at(0).offset == 11);
  CHECK(dense.keywords.front().offset == 15);
  CHECK(dense.keyword("activation")->offset == 28);
}

TEST_CASE("spec: parse errors show the place and say what was expected") {
  CHECK(parse_error("conv2d(32, 3 | flatten") ==
        "--model, column 23: the '(' of conv2d (column 7) is not closed; expected ',', '|' or ')', got the end.\n"
        "  conv2d(32, 3 | flatten\n"
        "                        ^");
  CHECK(parse_error("dense(10,, relu)") ==
        "--model, column 10: this does not fit; expected a value, got ','.\n"
        "  dense(10,, relu)\n"
        "           ^");
  CHECK(parse_error("dense(10) flatten") ==
        "--model, column 11: this does not fit; expected '|' or the end, got 'flatten'.\n"
        "  dense(10) flatten\n"
        "            ^");
  CHECK(parse_error("a |") ==
        "--model, column 4: the spec breaks off; expected a value, got the end.\n"
        "  a |\n"
        "     ^");
  CHECK(parse_error("dense(units=)") ==
        "--model, column 13: this does not fit; expected a value, got ')'.\n"
        "  dense(units=)\n"
        "              ^");
  CHECK(parse_error("f('abc)") ==
        "--model, column 3: the quoted text does not end; expected a closing ', got the end.\n"
        "  f('abc)\n"
        "    ^");
  CHECK(parse_error("units:itn(1, 2)") ==
        "--model, column 7: 'units' has an unknown space of values; expected int(, float(, choice( or boolean, got itn.\n"
        "  units:itn(1, 2)\n"
        "        ^");
  CHECK(parse_error("f(a=1, 2)") ==
        "--model, column 8: a positional value stands after key=value; expected key=value, got 2.\n"
        "  f(a=1, 2)\n"
        "         ^");
  CHECK(parse_error("f(a=1, A=2)").starts_with("--model, column 8: 'A' is given twice to f; expected each key once."));
  CHECK(parse_error("") == "--model: the spec is empty; expected a value.");
  CHECK(parse_error("a) b").starts_with("--model, column 2: this does not fit; expected '|' or the end, got ')'."));
  CHECK(parse_error("f(1, )").find("expected a value, got ')'") != std::string::npos);
  CHECK(parse_error("[1, 2").find("the list (column 1) is not closed") != std::string::npos);
  CHECK(parse_error("a\x01").find("control character") != std::string::npos);
  CHECK(parse_error(std::string(100000, 'a')).find("at most 65536 characters, got 100000") != std::string::npos);
  CHECK(parse_error(std::string(1000, '(')).find("nested too deep") != std::string::npos);
  CHECK(parse_error(std::string(1000, '[')).find("nested too deep") != std::string::npos);
  std::string nested;
  for (int i = 0; i < 1000; ++i) nested += "f(";
  CHECK(parse_error(nested).find("nested too deep") != std::string::npos);
}

TEST_CASE("spec: the caret stands under the character, also after umlauts and in long texts") {
  CHECK(caret_picture("\xC3\xA4\xC3\xB6 x", 5) == "\n  \xC3\xA4\xC3\xB6 x\n     ^");
  CHECK(caret_picture("a\xFF\tb", 3) == "\n  a? b\n     ^");
  const std::string picture = caret_picture(std::string(500, 'a') + "!" + std::string(500, 'b'), 500);
  const auto lines = picture.find("\n  ", 1);
  CHECK(picture.substr(1, lines - 1).size() <= 100);
  CHECK(picture[1 + picture.find('^') - (lines + 1)] == '!');
}

TEST_CASE("spec: to an aggregate, by position and by name") {
  const Conv a = from_spec<Conv>(parse_spec("conv2d(32, 3, padding=same, activation=relu)"));
  CHECK(a.filters == 32);
  CHECK(a.kernel_size.value() == Size2{3, 3});
  CHECK(a.padding == Edges::same);
  CHECK(a.activation == Activation::relu);
  const Conv b = from_spec<Conv>(parse_spec(
      "Conv2D(kernelSize=5x3, filters=1e1, strides=[2, 1], Padding=ZERO_PADDING, activation=LeakyReLU, name=3x3, bounds=[1, 1/2], "
      "seed=9007199254740993, alpha=20%, sgd=SGD(0.1, weight_decay=None))"));
  CHECK(b.filters == 10);
  CHECK(b.kernel_size.value() == Size2{5, 3});
  CHECK(b.strides == Size2{2, 1});
  CHECK(b.padding == Edges::same);
  CHECK(b.activation == Activation::leaky_relu);
  CHECK(b.name == "3x3");
  CHECK(b.bounds == std::vector<double>{1, 0.5});
  CHECK(b.seed == 9007199254740993);
  CHECK(b.alpha == 0.2f);
  CHECK(b.sgd.learning_rate == 0.1);
  CHECK_FALSE(b.sgd.weight_decay.has_value());
  CHECK(from_spec<Conv>(parse_spec("conv2d(1, 1, bounds=2)")).bounds == std::vector<double>{2});
  CHECK(from_spec<Conv>(parse_spec("conv2d(1, 1, name=none)")).name == "none");
  CHECK(from_spec<Conv>(parse_spec("conv2d(1, 1, name='a, b')")).name == "a, b");
  CHECK(from_spec<Conv>(parse_spec("conv2d(1, 1, activation=none)")).activation == Activation::linear);
  CHECK(from_spec<Conv>(parse_spec("conv2d(1, 1, activation=swish)")).activation == Activation::silu);
  CHECK(from_spec<Sgd>(parse_spec("sgd")).learning_rate == 0.01);
  CHECK(std::isinf(from_spec<Sgd>(parse_spec("sgd(-inf)")).learning_rate));
}

TEST_CASE("spec: an aggregate prints what differs from its defaults, and reads back") {
  Conv conv{.filters = 32, .kernel_size = Size2{3, 3}, .activation = Activation::relu};
  CHECK(to_spec(conv).print() == "conv2d(32, 3x3, activation=relu)");
  conv.name = "a, b";
  conv.bounds = {0.1, 1e-7};
  conv.alpha = 0.3f;
  conv.sgd.weight_decay = 1.0 / 3;
  const std::string text = to_spec(conv).print();
  CHECK(text ==
        "conv2d(32, 3x3, activation=relu, name='a, b', bounds=[0.1, 1e-07], alpha=0.3, sgd=sgd(learning_rate=0.01, momentum=0.0, "
        "nesterov=false, weight_decay=0.3333333333333333))");
  const Conv back = from_spec<Conv>(parse_spec(text));
  CHECK(same_spec(back, conv));
  conv.sgd.momentum = 0.9;
  CHECK_FALSE(same_spec(back, conv));
  CHECK(to_spec(Sgd{}).print() == "sgd");
  CHECK(to_spec(Flatten{}).print() == "flatten");
}

TEST_CASE("spec: a variadic spec takes branches by position") {
  const SpecValue tree = parse_spec("add(identity, conv2d(32, 3) | flatten, name=sum)");
  const Add add = from_spec<Add>(tree);
  REQUIRE(add.branches.value().size() == 2);
  CHECK(add.branches.value()[1].is(SpecKind::pipeline));
  CHECK(add.name == "sum");
  CHECK(to_spec(add) == tree);
  CHECK(read_error<Add>("add()").starts_with("--model, column 1: add needs branches (each takes the value at this point)"));
}

TEST_CASE("spec: conversion errors") {
  CHECK(read_error<Sgd>("sgd(relu)") ==
        "--model, column 5: this value does not fit; expected a number, got relu.\n"
        "  sgd(relu)\n"
        "      ^");
  CHECK(read_error<Sgd>("sgd(nesterow=true)") ==
        "--model, column 5: sgd has no key 'nesterow'; expected one of learning_rate, momentum, nesterov or weight_decay. Did you mean "
        "nesterov?\n"
        "  sgd(nesterow=true)\n"
        "      ^");
  CHECK(read_error<Sgd>("sgd(lr=0.1)").find("'lr' is now learning_rate.") != std::string::npos);
  CHECK(read_error<Sgd>("sgd(decay=0.1)").find("'decay' is now weight_decay. Keras's old decay lowered the learning rate") !=
        std::string::npos);
  CHECK(read_error<Conv>("conv2d(kernel_size=3)") ==
        "--model, column 1: conv2d needs filters (number of outputs); expected filters=a whole number.\n"
        "  conv2d(kernel_size=3)\n"
        "  ^");
  CHECK(read_error<Conv>("conv2d(2.5, 3)").find("expected a whole number, got 2.5") != std::string::npos);
  CHECK(read_error<Conv>("conv2d(3000000000, 3)").find("a whole number from -2147483648 to 2147483647, got 3000000000") !=
        std::string::npos);
  CHECK(read_error<Conv>("conv2d(1, 3, seed=1e300)").find("out of range") != std::string::npos);
  CHECK(read_error<Conv>("conv2d(1, 3x3x3)").find("expected a size (3, 3x3 or [3, 3]), got 3x3x3") != std::string::npos);
  CHECK(read_error<Conv>("conv2d(1, 3, padding=smae)").find("expected valid or same, got smae. Did you mean same?") != std::string::npos);
  CHECK(read_error<Conv>("conv2d(1, 3, filters=2)").find("filters of conv2d is given twice") != std::string::npos);
  CHECK(read_error<Sgd>("sgd(1, 2, true, 4, 5)").find("expected at most 4 (learning_rate, momentum, nesterov, weight_decay), got 5") !=
        std::string::npos);
  CHECK(read_error<Sgd>("adam").find("another name stands here; expected sgd, got adam") != std::string::npos);
  CHECK(read_error<Sgd>("sgd | sgd").find("expected sgd(...), got sgd | sgd") != std::string::npos);
  CHECK(read_error<Sgd>("sgd(nesterov=1)").find("expected true or false, got 1") != std::string::npos);
  CHECK(read_error<Sgd>("sgd(lr:float(1e-4, 1e-2))").find("Only lehr tune chooses values.") != std::string::npos);
  CHECK(read_error<Conv>("conv2d(n:int(1, 2), 3)").find("a value to be searched stands here; expected a whole number") !=
        std::string::npos);
}

TEST_CASE("catalogue: names without case and underscores, aliases, the nearest of an unknown one") {
  const auto made = [](std::string_view text) { return layers().from(parse_spec(text, "--model")).text; };
  CHECK(made("MaxPooling2D(3)") == "max_pooling2d(pool_size=3x3)");
  CHECK(made("maxpooling2d") == "max_pooling2d");
  CHECK(made("max_pool2d(2)") == "max_pooling2d");
  CHECK(made("'Flatten'") == "flatten");
  CHECK(error_of([&] { made("flaten"); }) ==
        "--model, column 1: unknown layer 'flaten'. Did you mean flatten?\n"
        "  flaten\n"
        "  ^");
  CHECK(error_of([&] { made("conv(3)"); }).find("Did you mean conv2d?") != std::string::npos);
  CHECK(error_of([&] { made("zzzzzz"); }).find("expected conv2d, flatten, max_pooling2d or add") != std::string::npos);
  CHECK(error_of([&] { made("3"); }).find("expected a layer, got 3") != std::string::npos);
  REQUIRE(layers().find("Conv_2D") != nullptr);
  CHECK(layers().find("dense") == nullptr);
  const SpecDoc doc = layers().doc(*layers().find("conv2d"));
  CHECK(doc.fields.at(0).required);
  CHECK(doc.fields.at(3).type == "valid | same");
  CHECK(doc.fields.at(3).default_text == "valid");
}

TEST_CASE("spec: any text either parses, and then prints to the same tree, or is a usage error") {
  std::mt19937 random(7);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  const std::string alphabet = "()[]|,=:'\"\\ \n.x%/-+*0123aefn_\xC3\xBC\x80";
  const std::size_t examples = std::size(contract);
  const auto start = std::chrono::steady_clock::now();
  int parsed = 0, refused = 0;
  for (int round = 0; round < 40000; ++round) {
    std::string text = contract[below(examples)];
    for (std::size_t edits = 1 + below(4); edits > 0; --edits) {
      const std::size_t at = below(text.size() + 1);
      switch (below(5)) {
        case 0:
          text.insert(at, 1, alphabet[below(alphabet.size())]);
          break;
        case 1:
          text.erase(at, 1 + below(3));
          break;
        case 2:
          text.insert(at, contract[below(examples)]);
          break;
        case 3:
          text = text.substr(0, at) + text.substr(below(text.size() + 1));
          break;
        default:
          if (at < text.size()) text[at] = alphabet[below(alphabet.size())];
      }
    }
    CAPTURE(text);
    try {
      const SpecValue tree = parse_spec(text);
      ++parsed;
      const std::string printed = tree.print();
      CAPTURE(printed);
      REQUIRE(parse_spec(printed) == tree);
      REQUIRE(parse_spec(printed).print() == printed);
    } catch (const Error& error) {
      ++refused;
      REQUIRE(error.info().category == Category::usage);
    }
    try {
      (void)layers().from(parse_spec(text));
    } catch (const Error& error) {
      REQUIRE(error.info().category == Category::usage);
    }
  }
  CHECK(parsed > 5000);
  CHECK(refused > 5000);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(60));
}
