// The command as a script meets it: exit codes, messages, JSON, files; every kind of bad input ends with a word and a code.
#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "engine/atomic_file.h"
#include "engine/data/npy.h"
#include "engine/json.h"
#include "tests/check/command.h"

namespace {

namespace fs = std::filesystem;

const std::string model = "--model 'flatten | dense(10, softmax)' ";

void refused(const std::string& arguments, int code, const std::string& word) {
  const Folder folder;
  const Result r = command(folder, arguments);
  CAPTURE(arguments);
  CAPTURE(r.err);
  CHECK(r.code == code);
  CHECK(r.err.find(word) != std::string::npos);
}

}  // namespace

TEST_CASE("summary: the input's shape is taken from the flag") {
  const Folder folder;
  const Result r = command(folder, "summary 'flatten | dense(4)' --input-shape 5x7x3");
  CHECK(r.code == 0);
  CHECK_MESSAGE(r.out.find("424") != std::string::npos, r.out);  // (5 * 7 * 3 + 1) * 4
}

TEST_CASE("summary --json: one document with layers, parameters and the plan") {
  const Folder folder;
  const Result r =
      command(folder, "summary 'conv2d(4, 3) | flatten | dense(4, trainable=false) | dense(3, softmax)' --input-shape 5x7x3 --plan --json");
  REQUIRE_MESSAGE(r.code == 0, r.err);
  const auto json = lehr::JsonValue::parse(r.out, "stdout");
  CHECK(json.at("layers").size() == 4);
  CHECK(json.at("layers").at(0).at("params").integer() == 3 * 3 * 3 * 4 + 4);
  CHECK(json.at("layers").at(0).at("inputs").at(0).is_null());
  CHECK(json.at("layers").at(1).at("inputs").at(0).string() == json.at("layers").at(0).at("name").string());
  CHECK_FALSE(json.at("layers").at(2).at("trainable").boolean());
  CHECK(json.at("non_trainable_params").integer() == 3 * 5 * 4 * 4 + 4);
  CHECK(json.at("total_params").integer() == json.at("trainable_params").integer() + json.at("non_trainable_params").integer());
  CHECK(json.at("plan").at("operations").size() > 4);
  CHECK(json.at("plan").at("arena_bytes").integer() > 0);
  CHECK(json.at("plan").at("buffers").at(0).at("bytes").integer() <= json.at("plan").at("arena_bytes").integer());
}

TEST_CASE("bad input: usage") {
  refused("fit " + model + "--data digits --epochs 0", 2, "--epochs");
  refused("fit " + model + "--data digits --batch-size -3", 2, "--batch-size");
  refused("fit --model 'flaten | dense(10)' --data digits", 2, "flatten");
  refused("fit --model 'dense(10, units=3)' --data digits", 2, "units");
  refused("fit --model 'dense(10, activation=rel)' --data digits", 2, "relu");
  refused("fit --model 'dense(10, lr=3)' --data digits", 2, "lr");
  refused("fit " + model + "--data digits --optimizer 'adam(beta=1)'", 2, "beta_1");
  refused("fit " + model + "--data digits --device cuda", 4, "no GPU can be used");
  refused("fit " + model + "--data digits --precision float8", 2, "mixed_bfloat16");
  refused("fit " + model + "--data digits --precision tf32", 2, "tf32");
  refused("bench step mlp --precision tf32", 2, "tf32");
  for (const char* flag : {"--conv ours", "--conv cudnn", "--autotune", "--fast"})
    refused("fit " + model + "--data digits --device cpu " + flag, 2, flag);
  refused("fit " + model + "--data digits --conv winograd", 2, "auto, cudnn or ours");
  refused("fit " + model + "--data digits --callback 'early_stopping(monitor=val_los)'", 2, "val_loss");
  refused("fit " + model + "--data digits --callback 'early_stoping(patience=3)'", 2, "early_stopping");
  refused("fit --model 'flatten | dense(4, softmax)' --data digits", 2, "out of range");
  refused("fit --model 'conv2d(8, 11) | flatten | dense(10, softmax)' --data digits", 2, "larger than the image");
  refused("fit " + model + "--data digits --augment 'random_flp'", 2, "random_flip");
  refused("fit " + model + "--data digits --augment 'random_crop(4, 4)'", 2, "--model");
  refused("nothing", 2, "nothing");
  refused("fit --no-such-flag", 2, "no-such-flag");
  refused("help adm", 2, "adam");
}

TEST_CASE("bad input: data") {
  refused("fit " + model + "--data nowhere/", 3, "nowhere");
  refused("fit " + model + "--data 'arrays(x.npy, y.npy)'", 3, ".npy");
  refused("evaluate no-such-run", 3, "no-such-run");
  refused("fit " + model + "--data digits --config nothing.toml", 3, "nothing.toml");
}

TEST_CASE("fit leaves a run that evaluate reads, and its config repeats it bit for bit") {
  const Folder folder;
  const Result first = command(folder, "fit " + model + "--data digits --validation-split 0.2 --epochs 2 --run a --json");
  CAPTURE(first.err);
  REQUIRE(first.code == 0);
  const auto json = lehr::JsonValue::parse(first.out, "stdout");
  CHECK(json.at("epochs").integer() == 2);
  CHECK(json.at("history").at("loss").size() == 2);
  CHECK(json.at("best").at("val_loss").number() > 0);
  for (const char* file :
       {"config.toml", "history.csv", "history.json", "checkpoint.lehr", "curves.svg", "curves.png", "last.weights.h5", "best.weights.h5"})
    CHECK(fs::exists(folder.path / "a" / file));

  const Result evaluated = command(folder, "evaluate a --json");
  CAPTURE(evaluated.err);
  CHECK(evaluated.code == 0);
  CHECK(lehr::JsonValue::parse(evaluated.out, "stdout").at("accuracy").number() == json.at("evaluate").at("accuracy").number());

  CHECK(command(folder, "fit --config a/config.toml --run b --quiet").code == 0);
  CHECK(lehr::read_file(folder.path / "a/last.weights.h5") == lehr::read_file(folder.path / "b/last.weights.h5"));

  const Result again = command(folder, "fit " + model + "--data digits --run a");
  CHECK(again.code == 2);
  CHECK(again.err.find("--resume") != std::string::npos);
}

TEST_CASE("resume with more epochs equals the run that was never stopped") {
  const Folder folder;
  const std::string flags =
      "fit --model 'flatten | dense(32, relu) | dropout(0.3) | dense(10, softmax)' --data digits --validation-split 0.2 --quiet --callback "
      "'early_stopping(patience=9, restore_best_weights=true)' --augment 'random_translation(0.1, 0.1) | random_rotation(0.05)' ";
  REQUIRE(command(folder, flags + "--epochs 4 --run whole").code == 0);
  REQUIRE(command(folder, flags + "--epochs 2 --run parts").code == 0);
  const Result resumed = command(folder, "fit --resume parts --epochs 4 --quiet");
  CAPTURE(resumed.err);
  REQUIRE(resumed.code == 0);
  CHECK(lehr::read_file(folder.path / "whole/last.weights.h5") == lehr::read_file(folder.path / "parts/last.weights.h5"));
}

TEST_CASE("an unwritable place and JSON errors") {
  const Folder folder;
  std::ofstream(folder.path / "file") << "no folder";
  const Result r = command(folder, "fit " + model + "--data digits --epochs 1 --run file/run --json");
  CHECK(r.code == 3);
  CHECK(lehr::JsonValue::parse(r.out, "stdout").at("error").at("category").string() == "data");
}

TEST_CASE("command: a training that terminate_on_nan ends failed, exit code 1, with all its files") {
  const Folder folder;
  const Result r = command(folder,
                           "fit --model 'flatten | dense(4, relu) | dense(10, softmax)' --data digits --epochs 3 --optimizer 'sgd(1e30)' "
                           "--callback terminate_on_nan --run a --quiet --json");
  CHECK(r.code == 1);
  CHECK(r.out.find("the loss is no number") != std::string::npos);
  CHECK(std::filesystem::exists(folder.path / "a/history.csv"));
}

TEST_CASE("predict and evaluate take --weights into a model file or a text, whole; best and last are of runs") {
  const Folder folder;
  const std::string network = "'flatten | dense(10, softmax)'", small = "--data digits --validation-split 0.2 --epochs 1 --quiet ";
  REQUIRE(command(folder, "fit --model " + network + " --seed 1 --run a " + small).code == 0);
  REQUIRE(command(folder, "fit --model " + network + " --seed 2 --run b " + small).code == 0);
  const auto loss = [&](const std::string& arguments) {
    const Result r = command(folder, "evaluate " + arguments + " --data digits --json");
    REQUIRE_MESSAGE(r.code == 0, r.err);
    return lehr::JsonValue::parse(r.out, "stdout").at("loss").number();
  };
  const double of_a = loss("a/model.keras"), of_b = loss("b/model.keras");
  CHECK(of_a != of_b);
  CHECK(loss("a/model.keras --weights b/last.weights.h5") == of_b);
  CHECK(loss("a/model.keras --weights a/model.keras") == of_a);
  CHECK(loss(network + " --weights b/last.weights.h5") == of_b);

  const lehr::Array zeros({3, 8, 8, 1}, lehr::DType::f32);  // a text takes rows as they are
  lehr::write_npy(folder.path / "x.npy", zeros);
  const auto predicted = [&](const std::string& arguments) {
    const Result r = command(folder, "predict " + arguments + " --input x.npy --json");
    REQUIRE_MESSAGE(r.code == 0, r.err);
    return r.out;
  };
  CHECK(predicted(network + " --weights b/last.weights.h5") == predicted("b/model.keras"));
  CHECK(predicted("a/model.keras --weights b/last.weights.h5") == predicted("b/model.keras"));
  CHECK(predicted("a/model.keras") != predicted("b/model.keras"));

  const auto code_and_words = [&](const std::string& arguments, int code, const std::string& words) {
    const Result r = command(folder, arguments);
    CAPTURE(arguments);
    CHECK(r.code == code);
    CHECK_MESSAGE(r.err.find(words) != std::string::npos, r.err);
  };
  for (const std::string what : {"evaluate a/model.keras --data digits", "predict a/model.keras --input none.npy"}) {
    code_and_words(what + " --weights absent.weights.h5", 3, "absent.weights.h5");
    code_and_words(what + " --weights best", 2, "of runs");
    code_and_words(what + " --weights last", 2, "of runs");
  }
  code_and_words("evaluate 'knn(3)' --data digits --weights a/last.weights.h5", 2, "a baseline has no weights");
}

TEST_CASE("summary of a compiled model's file ends with its optimizer, as Keras's; fit --freeze '*' has nothing to train") {
  const Folder folder;
  const std::string file = std::string(LEHR_TESTS_DIR) + "/golden/models/adam_bn.keras";
  const Result r = command(folder, "summary '" + file + "'");
  CHECK_MESSAGE(r.out.find(" Total params: 2,370 (9.26 KB)\n") != std::string::npos, r.out);
  CHECK(r.out.ends_with(" Optimizer params: 1,570 (6.14 KB)\n"));
  const Result json = command(folder, "summary '" + file + "' --json");
  CHECK(lehr::JsonValue::parse(json.out, "stdout").at("optimizer_params").integer() == 1570);
  refused("fit " + model + "--data digits --freeze '*'", 2, "everything is frozen");
}

TEST_CASE("fit --resume: settings that are not those of the run's begin are told, more epochs are not") {
  const Folder folder;
  REQUIRE(command(folder, "fit --model 'flatten | dense(10, softmax)' --data digits --epochs 1 --run a --quiet").code == 0);
  const Result same = command(folder, "fit --resume a --epochs 2 --threads 1");
  CHECK(same.code == 0);
  CHECK(same.err.find("warning: --") == std::string::npos);
  const Result other = command(folder, "fit --resume a --epochs 3 --batch-size 16 --seed 5");
  CHECK(other.code == 0);
  CHECK(other.err.find("--batch-size is 16 from here on, and was 32") != std::string::npos);
  CHECK(other.err.find("--seed is 5 from here on, and was 0") != std::string::npos);
}
