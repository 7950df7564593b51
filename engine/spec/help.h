// help.h: `lehr help adam` and `lehr help optimizers`, from the catalogues' own field lists. Text is wrapped at 100 columns.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "engine/json.h"
#include "engine/spec/catalogue.h"

namespace lehr {

std::string help_text(const SpecDoc& doc);
JsonValue help_json(const SpecDoc& doc);

/// `title` as in "Optimizers"; a row an entry.
std::string catalogue_text(std::string_view title, std::span<const SpecDoc> docs);
JsonValue catalogue_json(std::span<const SpecDoc> docs);

/// Words of `text` in lines of at most `width` columns; lines after the first begin with `indent` spaces.
std::string wrapped(std::string_view text, std::size_t width = 100, std::size_t indent = 0);

}  // namespace lehr
