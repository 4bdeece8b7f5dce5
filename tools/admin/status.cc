// The first screen of the gateway: what it is, since when, how much it does, and what is in force.

#include "absl/time/clock.h"
#include "relay/log/calendar_time.h"
#include "tools/admin/entrance.h"
#include "tools/admin/json.h"
#include "tools/admin/resources.h"

namespace sluice {
namespace {

Json ConfigJson(const Administered& gateway) {
  const std::shared_ptr<const LoadedConfig> config = gateway.config();
  const ReloadOutcome reload = gateway.last_reload();
  Json json;
  json["path"] = config->path.empty() ? Json(nullptr) : Json(config->path);
  json["generation"] = config->generation;
  json["rules"] = config->config.rules.size();
  json["loaded"] = CalendarTime(config->loaded);
  json["last_reload"] = {{"ok", reload.status.ok()},
                         {"at", CalendarTime(reload.at)},
                         {"message", std::string(reload.status.message())}};
  return json;
}

Json DoorsJson(const Doors& doors) {
  Json json = Json::array();
  if (const std::string path = doors.unix_path(); !path.empty()) json.push_back(path);
  for (const std::string& url : doors.urls()) json.push_back(url);
  return json;
}

Json StoreJson(const StoreState& state) {
  const auto text_or_null = [](const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(text);
  };
  Json json;
  json["folder"] = text_or_null(state.folder);
  json["fault"] = text_or_null(state.fault);
  json["set_aside"] = state.set_aside;
  json["bytes"] = state.bytes;
  json["log_bytes"] = state.log_bytes;
  json["log_from"] =
      state.log_from == absl::InfiniteFuture() ? Json(nullptr) : Json(CalendarTime(state.log_from));
  json["requests_lost"] = state.requests_lost;
  json["requests_sampled_out"] = state.requests_sampled_out;
  json["records_lost"] = state.records_lost;
  return json;
}

}  // namespace

HttpResponse AnswerStatus(Administered& gateway) {
  const ProcessFacts& facts = gateway.facts();
  const Counters::Totals count = gateway.Count();
  Json json;
  json["version"] = facts.version;
  json["pid"] = facts.pid;
  json["started"] = CalendarTime(facts.started);
  json["uptime_s"] = absl::ToInt64Seconds(absl::Now() - facts.started);
  json["state"] = gateway.state() == LifeState::kDraining ? "draining" : "serving";
  json["config"] = ConfigJson(gateway);
  json["listening"] = gateway.listening();
  json["doors"] = DoorsJson(gateway.entrance().doors);
  json["shards"] = facts.shards;
  json["sessions"] = {{"open", count.sessions_accepted - count.sessions_closed},
                      {"most", facts.sessions_most},
                      {"accepted", count.sessions_accepted},
                      {"closed", count.sessions_closed}};
  json["bytes"] = {{"up", count.bytes_up}, {"down", count.bytes_down}};
  json["store"] = StoreJson(gateway.store().state());
  Json counters = Json::object();
  count.ForEach([&](std::string_view name, std::string_view, uint64_t value) {
    counters[std::string(name)] = value;
  });
  json["counters"] = std::move(counters);
  return JsonResponse(json);
}

}  // namespace sluice
