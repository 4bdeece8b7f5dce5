// status, metrics, me, version: what the gateway is and does.

#include <algorithm>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "tools/sluicectl/release.h"
#include "tools/sluicectl/safe_text.h"
#include "tools/sluicectl/units.h"
#include "tools/sluicectl/verbs.h"

namespace sluice {

namespace {

std::string Line(std::string_view name, std::string_view text) {
  return absl::StrFormat("%-14s %s\n", name, text);
}

std::string ListeningText(const Json& status) {
  std::vector<std::string> places;
  for (const Json& place : ListOf(status, "listening")) {
    places.push_back(place.is_string() ? SafeText(place.get<std::string>())
                                       : SafeText(place.dump()));
  }
  return places.empty() ? "nowhere" : absl::StrJoin(places, ", ");
}

std::string ConfigurationText(const Json& config) {
  const std::string path = SafeText(TextOf(config, "path"));
  return absl::StrCat(path.empty() ? "built in" : path, ", generation ",
                      NumberOf(config, "generation"), ", ",
                      Counted(NumberOf(config, "rules"), "rule", "rules"), ", loaded ",
                      SafeText(TextOf(config, "loaded")));
}

std::string ReloadText(const Json& reload) {
  const std::string message = SafeText(TextOf(reload, "message"));
  return absl::StrCat(TrueOf(reload, "ok") ? "good" : "REFUSED", ", ",
                      SafeText(TextOf(reload, "at")), message.empty() ? "" : ": ", message);
}

std::string SessionsText(const Json& sessions) {
  return absl::StrCat(HumanNumber(NumberOf(sessions, "open")), " open of ",
                      HumanNumber(NumberOf(sessions, "most")), "; ",
                      HumanNumber(NumberOf(sessions, "accepted")), " accepted, ",
                      HumanNumber(NumberOf(sessions, "closed")), " closed");
}

std::string StatusScreen(const Json& status, bool wide) {
  std::string text = absl::StrCat("sluiced ", SafeText(TextOf(status, "version")), ", process ",
                                  NumberOf(status, "pid"), ", ", SafeText(TextOf(status, "state")),
                                  " for ", HumanTime(NumberOf(status, "uptime_s") * 1000), "\n");
  const Json& config = FieldOf(status, "config");
  const Json& bytes = FieldOf(status, "bytes");
  absl::StrAppend(&text, Line("listening", ListeningText(status)),
                  Line("configuration", ConfigurationText(config)));
  if (const Json& reload = FieldOf(config, "last_reload"); reload.is_object()) {
    absl::StrAppend(&text, Line("last reload", ReloadText(reload)));
  }
  absl::StrAppend(&text, Line("sessions", SessionsText(FieldOf(status, "sessions"))),
                  Line("bytes", absl::StrCat(HumanBytes(NumberOf(bytes, "up")), " up, ",
                                             HumanBytes(NumberOf(bytes, "down")), " down")),
                  Line("shards", absl::StrCat(NumberOf(status, "shards"))));
  if (!wide) return text;
  text += "\n";
  for (const auto& [name, value] : FieldOf(status, "counters").items()) {
    absl::StrAppendFormat(
        &text, "%-58s %16s\n", SafeText(name),
        value.is_number_unsigned() ? HumanNumber(value.get<uint64_t>()) : SafeText(value.dump()));
  }
  return text;
}

// {"a": {"b": 1}} as a list of {"name": "a.b", "value": 1}.
void Flatten(const std::string& name, const Json& value, Json& list) {
  if (!value.is_object()) {
    list.push_back({{"name", name}, {"value", value}});
    return;
  }
  for (const auto& [key, inner] : value.items()) {
    Flatten(name.empty() ? key : absl::StrCat(name, ".", key), inner, list);
  }
}

void ShowObject(const Errand& errand, const std::string& screen, const Json& answer) {
  Json list = Json::array();
  if (errand.arguments.format == Format::kCsv) Flatten("", answer, list);
  errand.ShowScreen(screen, answer, {"name", "value"}, list);
}

// The name of the metric that a line of Prometheus' text is about.
std::string_view MetricOf(std::string_view line) {
  for (const std::string_view head : {"# HELP ", "# TYPE ", "# UNIT "}) {
    if (line.substr(0, head.size()) == head) line.remove_prefix(head.size());
  }
  return line.substr(0, line.find_first_of("{ "));
}

}  // namespace

absl::Status RunStatus(Errand& errand) {
  const absl::StatusOr<Json> status = AskJson(errand.door, Get("status"));
  if (!status.ok()) return status.status();
  ShowObject(errand, StatusScreen(*status, errand.wide()), *status);
  return absl::OkStatus();
}

absl::Status RunMetrics(Errand& errand) {
  const absl::StatusOr<std::string> text = AskText(errand.door, {.path = "/metrics"});
  if (!text.ok()) return text.status();
  const std::vector<std::string>& wanted = errand.arguments.words;
  if (wanted.empty()) {
    errand.ShowText(*text);
    return absl::OkStatus();
  }
  std::string found;
  for (const absl::string_view line : absl::StrSplit(*text, '\n', absl::SkipEmpty())) {
    const std::string_view metric = MetricOf({line.data(), line.size()});
    const bool asked = std::any_of(wanted.begin(), wanted.end(), [metric](const std::string& name) {
      return metric.substr(0, name.size()) == name;
    });
    if (asked) absl::StrAppend(&found, line, "\n");
  }
  if (found.empty()) {
    return absl::NotFoundError(absl::StrCat("expected a metric whose name begins with ",
                                            SafeText(absl::StrJoin(wanted, " or ")),
                                            ", found none; sluicectl metrics has them all"));
  }
  errand.ShowText(found);
  return absl::OkStatus();
}

absl::Status RunMe(Errand& errand) {
  const absl::StatusOr<Json> me = AskJson(errand.door, Get("me"));
  if (!me.ok()) return me.status();
  ShowObject(errand,
             absl::StrCat(SafeText(TextOf(*me, "name")), " (user ", SafeText(TextOf(*me, "uid")),
                          "), ", SafeText(TextOf(*me, "role")), ", by the ",
                          SafeText(TextOf(*me, "door")), " door\n"),
             *me);
  return absl::OkStatus();
}

absl::Status RunVersion(Errand& errand) {
  const absl::StatusOr<Json> status = AskJson(errand.door, Get("status"));
  const std::string daemon = status.ok() ? TextOf(*status, "version") : "";
  ShowObject(errand,
             absl::StrCat("sluicectl ", ReleaseText(), "\n",
                          status.ok() ? absl::StrCat("sluiced ", SafeText(daemon), "\n") : ""),
             {{"sluicectl", ReleaseText()}, {"sluiced", daemon}});
  return status.status();
}

}  // namespace sluice
