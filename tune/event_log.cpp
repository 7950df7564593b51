#include "tune/event_log.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "kernels/error.h"

namespace lehr {

namespace {
Event event_of(std::string_view line, std::string_view file, std::int64_t number) {
  const auto json = nlohmann::json::parse(line, nullptr, false);
  const auto has = [&](const char* key, auto&& is) { return json.is_object() && json.contains(key) && is(json[key]); };
  const auto text = [](const nlohmann::json& j) { return j.is_string(); };
  if (!has("epoch", [](const nlohmann::json& j) { return j.is_number_integer(); }) || !has("event", text) || !has("text", text))
    throw Error({.category = Category::data,
                 .where = fmt::format("{}, line {}", file, number),
                 .what = "damaged",
                 .expected = R"({"epoch":…,"event":…,"text":…})",
                 .got = std::string(line.substr(0, 60))});
  return {.epoch = json["epoch"].get<std::int64_t>(), .kind = json["event"].get<std::string>(), .text = json["text"].get<std::string>()};
}
}  // namespace

std::vector<Event> parse_event_log(std::string_view text, std::string_view file) {
  std::vector<Event> out;
  for (std::int64_t number = 1; text.find('\n') != std::string_view::npos; ++number) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (!line.empty()) out.push_back(event_of(line, file, number));
  }
  return out;
}

}  // namespace lehr
