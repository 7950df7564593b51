// lehr bench kernels: rows as scripts read them, and what is refused.
#include <doctest/doctest.h>

#include "engine/json.h"
#include "kernels/cpu.h"
#include "tests/check/command.h"

using namespace lehr;

TEST_CASE("bench kernels --json: a row a pass, with the contract's keys") {
  const Folder folder;
  const Result r = command(folder, "bench kernels pool2d --problem 'kind=max n=1 h=4 w=4 c=8' --seconds 0.001 --threads 1 --json");
  REQUIRE(r.code == 0);
  const auto rows = JsonValue::parse(r.out);
  REQUIRE(rows.size() == 3);
  for (const JsonValue& row : rows.elements()) {
    std::string keys;
    for (const auto& [name, value] : row.members()) keys += name + " ";
    CHECK(keys == "family problem variant device median_s gflops gb_s fraction_of_roof ");
    CHECK(row.at("family").string() == "pool2d");
    CHECK(row.at("median_s").number() > 0);
    CHECK(row.at("gb_s").number() > 0);
  }
  CHECK(rows.at(0).at("problem").string() == "kind=max n=1 h=4 w=4 c=8 pass=forward");
}

TEST_CASE("bench kernels: a table for people, and --check before it") {
  const Folder folder;
  const Result r = command(folder, "bench kernels norm_clip --check --problem 'count=100 clipnorm=1' --seconds 0.001 --threads 1");
  CHECK(r.code == 0);
  CHECK(r.err.find("all hold") != std::string::npos);
  CHECK(r.out.find("norm_clip count=100 clipnorm=1 pass=clip") != std::string::npos);
  CHECK(r.out.find("roof") != std::string::npos);
}

TEST_CASE("bench kernels: unknown families, keys and values are usage errors") {
  const Folder folder;
  const auto refused = [&](const std::string& arguments, const std::string& word) {
    const Result r = command(folder, "bench kernels " + arguments);
    CAPTURE(arguments);
    CHECK(r.code == 2);
    CHECK(r.err.find(word) != std::string::npos);
  };
  refused("conv3d", "conv2d");
  refused("matmul conv3d", "conv2d");
  refused("pool2d --problem 'hh=3'", "hh");
  refused("pool2d --problem 'kind=median'", "global_average");
  refused("--problem 'n=1'", "one family");
}

TEST_CASE("bench kernels: implementations side by side, as a table, a file of commas and pictures") {
  const Folder folder;
  const Result r = command(folder,
                           "bench kernels matmul --problem 'm=16 n=16 k=16' --variants --seconds 0.001 --threads 1 --device cpu "
                           "--csv rows.csv --picture rows.svg --picture rows.png");
  REQUIRE(r.code == 0);
  CHECK(r.out.find("variant=ours") != std::string::npos);
  const std::string csv = lehr::read_file(folder.path / "rows.csv");
  CHECK(csv.starts_with("family,problem,variant,device,median_s,fastest_s,"));
  CHECK(csv.find("\nmatmul,m=16 n=16 k=16 variant=ours pass=product,ours,") != std::string::npos);
  CHECK(csv.find("\nmatmul,m=16 n=16 k=16 variant=library pass=product,library,") ==
        (with_onednn() ? csv.find("\nmatmul") : std::string::npos));
  CHECK(lehr::read_file(folder.path / "rows.svg").find("matmul") != std::string::npos);
  CHECK(lehr::read_file(folder.path / "rows.png").starts_with("\x89PNG"));
  CHECK(command(folder, "bench kernels pool2d --picture rows.pdf").code == 2);
}
