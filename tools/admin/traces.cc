// Traces: a trap for the next sessions that match, a live one that is pointed at, and what they
// did, step by step (relay/trace.h).

#include "relay/traces.h"

#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "policy/explain.h"
#include "relay/log/session_words.h"
#include "tools/admin/json_fields.h"
#include "tools/admin/problem.h"
#include "tools/admin/resources.h"

namespace sluice {
namespace {

using Kind = TraceStep::Kind;

std::string NameOf(const Traces::Trace& trace) {
  return absl::StrCat(trace.shard, "-", trace.session.session);
}

Json HeadJson(const Traces::Trace& trace) {
  return {{"session", NameOf(trace)},
          {"client", trace.session.client.ToString()},
          {"steps", trace.session.count},
          {"ended", trace.session.ended}};
}

std::string ErrorWord(int error) { return error == 0 ? "" : strerrordesc_np(error); }

std::string_view AnswerWord(uint8_t status) {
  switch (static_cast<NameAnswer::Status>(status)) {
    case NameAnswer::Status::kFound: return "found";
    case NameAnswer::Status::kNotFound: return "the name does not exist or has no address";
    case NameAnswer::Status::kFailed: return "no name server answered";
    case NameAnswer::Status::kNoPlace: return "not asked: as many names are asked as may";
  }
  return "?";
}

std::string DestinationOf(const TraceStep& step) {
  const std::string_view name = step.text.view();
  if (name.empty()) return step.at.ToString();
  return absl::StrCat(std::string(name), ":", step.at.port);
}

// Its word, and what there is to say of it.
std::pair<std::string_view, std::string> Told(const TraceStep& step) {
  const std::string text(step.text.view());
  const std::string at = step.at.ToString();
  switch (step.kind) {
    case Kind::kAccepted: return {"accepted", absl::StrCat("from ", at)};
    case Kind::kWaits:
      return {"waits", std::string(ToString(static_cast<SessionState>(step.word)))};
    case Kind::kUser:
      return {"user", absl::StrCat(text.empty() ? "nobody" : text, ", by ",
                                   std::string(ToString(static_cast<SessionAuth>(step.word))))};
    case Kind::kCredentials: {
      const std::string_view fault = ToString(static_cast<AuthVerdict>(step.word));
      return {"credentials",
              fault.empty() ? "accepted" : absl::StrCat("not accepted: ", std::string(fault))};
    }
    case Kind::kRequest:
      return {"request", absl::StrCat(std::string(CommandWord(static_cast<Command>(step.word))),
                                      " to ", DestinationOf(step))};
    case Kind::kDecision:
      return {"decision",
              absl::StrCat(std::string(VerdictWord(static_cast<Verdict>(step.word))), " by ", text,
                           step.at == Endpoint() ? std::string() : absl::StrCat(", for ", at))};
    case Kind::kAnswer:
      return {"names", step.number > 0
                           ? absl::StrCat(step.number, step.number == 1 ? " address" : " addresses")
                           : std::string(AnswerWord(step.word))};
    case Kind::kDial: return {"dial", absl::StrCat("to ", at)};
    case Kind::kDialFailed:
      return {"dial_failed", absl::StrCat("to ", at, ": ", ErrorWord(step.number))};
    case Kind::kConnected: return {"connected", absl::StrCat("to ", at)};
    case Kind::kReply: return {"reply", absl::StrCat(step.word)};
    case Kind::kReplyTaken: return {"reply_taken", ""};
    case Kind::kHalfClosed:
      return {"half_closed", absl::StrCat(std::string(ToString(static_cast<EndedBy>(step.word))),
                                          " has said all")};
    case Kind::kWatched:
      return {"watched", std::string(ToString(static_cast<SessionState>(step.word)))};
    case Kind::kEnd:
      return {"end", absl::StrCat("by ", std::string(ToString(static_cast<EndedBy>(step.word))),
                                  ": ", text, step.number == 0 ? "" : " (", ErrorWord(step.number),
                                  step.number == 0 ? "" : ")")};
  }
  return {"?", ""};
}

HttpResponse AnswerState(Administered& gateway) {
  const Traces::State state = gateway.traces().Look();
  Json caught = Json::array();
  for (const Traces::Trace& trace : state.caught) caught.push_back(HeadJson(trace));
  return JsonResponse(Json{{"armed", state.armed},
                           {"left", state.left},
                           {"missed", state.missed},
                           {"traces", std::move(caught)}});
}

HttpResponse NotTraced() {
  return Problem(404,
                 "expected a session that is traced, such as 1-755, found none of that name; set a "
                 "trap with POST /api/v1/traces, or point at a live one with "
                 "POST /api/v1/sessions/1-755:trace");
}

}  // namespace

HttpResponse AnswerTraces(Administered& gateway) { return AnswerState(gateway); }

HttpResponse ArmTrap(Administered& gateway, const Asked& asked) {
  JsonFields fields(asked.request.body);
  const std::string text = fields.Text("filter").value_or("");
  const int64_t sessions = fields.Number("sessions", 1, kTracedSessionsMax).value_or(1);
  if (absl::Status status = fields.Finish(); !status.ok())
    return Problem(400, std::string(status.message()));
  absl::StatusOr<SessionFilter> filter = SessionFilter::Parse(text);
  if (!filter.ok()) return Problem(400, std::string(filter.status().message()));
  gateway.traces().Arm(*std::move(filter), static_cast<int>(sessions));
  return AnswerState(gateway);
}

HttpResponse ForgetTraces(Administered& gateway) {
  gateway.traces().Disarm();
  return AnswerState(gateway);
}

HttpResponse PointTrace(Administered& gateway, const Asked& asked) {
  const std::optional<LiveSession> found = FindSession(gateway, asked.name);
  if (!found.has_value() || !gateway.traces().Point({found->record.shard, found->place})) {
    return Problem(404,
                   "expected a session that is open, and a place to trace it, found none; GET "
                   "/api/v1/sessions has those that are open, and DELETE /api/v1/traces frees "
                   "places");
  }
  return AnswerState(gateway);
}

HttpResponse AnswerTrace(Administered& gateway, const Asked& asked) {
  const auto numbers = SessionNumbers(asked.name);
  if (!numbers.has_value()) return NotTraced();
  const std::optional<Traces::Trace> trace =
      gateway.traces().Read(static_cast<uint16_t>(numbers->first), numbers->second);
  if (!trace.has_value()) return NotTraced();
  Json steps = Json::array();
  for (const TraceStep& step : trace->steps) {
    auto [word, text] = Told(step);
    steps.push_back({{"at_us", absl::ToInt64Microseconds(step.since)},
                     {"step", word},
                     {"text", std::move(text)}});
  }
  Json json = HeadJson(*trace);
  json["dropped"] = trace->session.dropped;
  json["steps"] = std::move(steps);
  return JsonResponse(json);
}

}  // namespace sluice
