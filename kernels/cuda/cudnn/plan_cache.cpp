#include "kernels/cuda/cudnn/plan_cache.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <utility>

namespace lehr::cudnn {

namespace fs = std::filesystem;

namespace {

/// FNV-1a, 64 bits: against accidents, not against people.
std::string checksum(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  std::string out(16, '0');
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = "0123456789abcdef"[(hash >> (60 - 4 * i)) & 15U];
  return out;
}

/// The text behind `prefix` up to the next space; moves `rest` behind it.
std::optional<std::string_view> take(std::string_view& rest, std::string_view prefix) {
  if (!rest.starts_with(prefix)) return std::nullopt;
  rest.remove_prefix(prefix.size());
  const std::string_view word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(std::min(word.size() + 1, rest.size()));
  return word;
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

constexpr std::string_view magic = "lehr-plan 1 ";

}  // namespace

std::string key_of(const Place& place, const ConvGraphSpec& graph, bool deterministic) {
  return "cudnn=" + version_text(place.cudnn_version) + "; device=" + place.device + "; sm=" + std::to_string(place.multiprocessors) +
         "; driver=" + std::to_string(place.driver) + "; " + (deterministic ? "deterministic; " : "fast; ") + graph.text();
}

std::string line_of(const std::string& key, const EngineChoice& choice) {
  std::string body = "engine=" + std::to_string(choice.engine) + " knobs=";
  for (const auto& [type, value] : choice.knobs)
    body += (body.back() == '=' ? "" : ",") + std::to_string(type) + ":" + std::to_string(value);
  body += " key=" + key;
  return std::string(magic) + checksum(body) + " " + body;
}

std::optional<std::pair<std::string, EngineChoice>> parse_line(std::string_view line) {
  std::string_view rest = line;
  const auto sum = take(rest, magic);
  if (!sum || checksum(rest) != *sum) return std::nullopt;
  const auto engine = take(rest, "engine="), knobs = take(rest, "knobs=");
  constexpr std::string_view key = "key=";
  if (!engine || !knobs || !number(*engine) || !rest.starts_with(key)) return std::nullopt;
  EngineChoice choice{.engine = *number(*engine)};
  for (std::string_view list = *knobs; !list.empty();) {
    const std::string_view knob = list.substr(0, list.find(','));
    const auto colon = std::min(knob.find(':'), knob.size());
    const auto type = number(knob.substr(0, colon)), value = number(knob.substr(std::min(colon + 1, knob.size())));
    if (!type || !value) return std::nullopt;
    choice.knobs.emplace_back(*type, *value);
    list.remove_prefix(std::min(knob.size() + 1, list.size()));
  }
  return std::pair(std::string(rest.substr(key.size())), std::move(choice));
}

PlanCache::PlanCache(fs::path file) : file_(std::move(file)) {
  std::ifstream in(file_);
  for (std::string line; std::getline(in, line);)
    if (auto entry = parse_line(line)) choices_.insert_or_assign(std::move(entry->first), std::move(entry->second));
}

std::optional<EngineChoice> PlanCache::find(const std::string& key) const {
  const auto found = choices_.find(key);
  return found == choices_.end() ? std::nullopt : std::optional(found->second);
}

bool PlanCache::remember(const std::string& key, const EngineChoice& choice) {
  choices_.insert_or_assign(key, choice);
  std::error_code none;
  fs::create_directories(file_.parent_path(), none);
  const int file = open(file_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) return false;
  // Behind a line that was torn off, a new one begins.
  char last = '\n';
  const off_t size = lseek(file, 0, SEEK_END);
  if (size > 0 && pread(file, &last, 1, size - 1) != 1) last = '\n';
  const std::string text = (last == '\n' ? "" : "\n") + line_of(key, choice) + "\n";
  const bool whole = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(file);
  return whole;
}

fs::path PlanCache::default_file() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  fs::path folder = variable("LEHR_CACHE");
  if (folder.empty() && !variable("XDG_CACHE_HOME").empty()) folder = fs::path(variable("XDG_CACHE_HOME")) / "lehr";
  if (folder.empty()) folder = fs::path(variable("HOME").empty() ? "/tmp" : variable("HOME")) / ".cache" / "lehr";
  return folder / "cudnn-plans.txt";
}

std::optional<EnginePlan> choose_plan(const ConvGraph& graph, const EnginePolicy& policy) {
  auto plans = find_plans(graph, policy, 1);
  return plans.empty() ? std::nullopt : std::optional(std::move(plans.front()));
}

std::optional<EnginePlan> choose_plan(const ConvGraph& graph, const EnginePolicy& policy, PlanCache& cache, const std::string& key,
                                      const Measurement& measurement, std::size_t most) {
  if (const auto known = cache.find(key))
    if (auto plan = rebuild_plan(graph, *known, policy)) return plan;
  auto plans = find_plans(graph, policy, most);
  if (plans.empty()) return std::nullopt;
  const std::size_t best = winner({.runners = plans.size(),
                                   .seconds_of = [&](std::size_t i) { return measurement.seconds_of(plans[i]); },
                                   .name_of = [&](std::size_t i) { return "engine " + std::to_string(plans[i].choice.engine); },
                                   .say = measurement.say});
  cache.remember(key, plans[best].choice);
  return std::move(plans[best]);
}

}  // namespace lehr::cudnn
