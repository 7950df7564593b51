// lehr weights fetch against a server on this machine: what is not the published file never gets its name.
#include <doctest/doctest.h>

#include <filesystem>

#include "tests/check/data_error.h"
#include "tests/check/loopback_server.h"
#include "tests/check/temporary_folder.h"
#include "weights/fetch.h"
#include "weights/source.h"

using namespace lehr;

namespace {

std::string mirror(const LoopbackServer& server) { return server.url(""); }

WeightFetch vgg16(const LoopbackServer& server, const TemporaryFolder& folder) {
  return {.name = "vgg16", .folder = folder.path(), .mirror = mirror(server), .hooks = {.attempts = 1, .patience_s = 2}};
}

}  // namespace

TEST_CASE("weights fetch: a wrong digest, a refusal and an unknown name are errors, and leave no file") {
  const TemporaryFolder folder;
  const std::string file = folder / std::string(pretrained_weights()[0].file);
  const LoopbackServer wrong(std::string(1000, 'x'));
  CHECK(mentions(data_error([&] { fetch_weights(vgg16(wrong, folder)); }), "vgg16_weights"));
  CHECK_FALSE(std::filesystem::exists(file));
  const LoopbackServer refusing("x", {.failures_first = 100, .status_then = 404});
  CHECK(mentions(data_error([&] { fetch_weights(vgg16(refusing, folder)); }), "404"));
  CHECK_FALSE(std::filesystem::exists(file));
  CHECK_THROWS_AS(fetch_weights({.name = "vgg17", .folder = folder.path()}), Error);
}

TEST_CASE("weights=imagenet: found in the folder, or said where it belongs and how to get it") {
  const TemporaryFolder folder;
  const std::string name(pretrained_weights()[0].file);
  const std::string said = data_error([&] { find_weights("imagenet", "vgg16", folder.path()); });
  for (const std::string& part :
       {name, folder.path(), std::string("lehr weights fetch vgg16"), std::string("6d6bbae143d832006294945121d1f1fc")})
    CHECK(mentions(said, part));
  folder.write(name, "bytes");
  CHECK(find_weights("imagenet", "vgg16", folder.path()) == folder / name);
  CHECK(mentions(data_error([&] { find_weights("none.h5", "vgg16"); }), "none.h5"));
}

TEST_CASE("names of ImageNet's classes, as Keras keeps them") {
  const TemporaryFolder folder;
  CHECK(imagenet_classes(folder.path() + "/none").at(1) == "goldfish");
  CHECK(imagenet_classes(folder.path() + "/none").size() == 1000);
  folder.write("imagenet_class_index.json", R"({"0": ["n01440764", "tench"], "1": ["n01443537", "goldfish"]})");
  CHECK(imagenet_classes(folder.path()) == std::vector<std::string>{"tench", "goldfish"});
}
