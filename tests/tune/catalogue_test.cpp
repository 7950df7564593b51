// Everything that has a name explains itself: `lehr help NAME` has no empty line. A new entry comes with its words.
#include "engine/spec/catalogue.h"

#include <doctest/doctest.h>

#include "engine/data/data_catalogue.h"
#include "layers/catalogue.h"
#include "optim/catalogue.h"
#include "tune/callback.h"
#include "tune/oracles/oracle.h"
#include "tune/pruners/pruner.h"

using namespace lehr;

namespace {

void explains_itself(const std::string& kind, const std::vector<SpecDoc>& docs) {
  CHECK(!docs.empty());
  for (const auto& doc : docs) {
    CAPTURE(kind);
    CAPTURE(doc.name);
    CHECK(!doc.summary.empty());
    if (kind != "data") CHECK(!doc.formula.empty());
    for (const auto& field : doc.fields) {
      CAPTURE(field.name);
      CHECK(!field.meaning.empty());
      CHECK(!field.type.empty());
    }
  }
}

}  // namespace

TEST_CASE("catalogues: every entry and every field is explained") {
  explains_itself("layer", layer_catalogue().docs());
  explains_itself("network", network_catalogue().docs());
  explains_itself("optimizer", optimizer_catalogue().docs());
  explains_itself("callback", callback_catalogue().docs());
  explains_itself("oracle", oracle_catalogue().docs());
  explains_itself("pruner", pruner_catalogue().docs());
  explains_itself("data", data_catalogue().docs());
}
