// trace: what sessions do, step by step. Of one that is named, what is known by now; else a trap is
// set, and waited for.

#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tools/sluicectl/filter_words.h"
#include "tools/sluicectl/safe_text.h"
#include "tools/sluicectl/sessions.h"
#include "tools/sluicectl/verbs.h"

namespace sluice {
namespace {

constexpr absl::Duration kLook = absl::Milliseconds(300);
constexpr absl::Duration kPatience = absl::Minutes(1);

Question QuestionOfTrace(const std::string& name) {
  return {.path = absl::StrCat("/api/v1/sessions/", PathSegment(name), "/trace"),
          .may_be_gone = true};
}

std::string Milliseconds(uint64_t us) {
  const std::string rest = absl::StrCat(us % 1000);
  return absl::StrCat(us / 1000, ".", std::string(3 - rest.size(), '0'), rest);
}

void AddSteps(const Json& trace, Table& table, Json& rows) {
  for (const Json& step : ListOf(trace, "steps")) {
    table.Add({TextOf(trace, "session"), Milliseconds(NumberOf(step, "at_us")),
               TextOf(step, "step"), TextOf(step, "text")});
    rows.push_back({{"session", TextOf(trace, "session")},
                    {"at_us", NumberOf(step, "at_us")},
                    {"step", TextOf(step, "step")},
                    {"text", TextOf(step, "text")}});
  }
}

void ShowTraces(const Errand& errand, const Json& traces) {
  Table table(
      {{"SESSION"}, {"MS", Column::Side::kRight}, {"STEP"}, {"", Column::Side::kLeft, false, 30}});
  Json rows = Json::array();
  for (const Json& trace : traces) AddSteps(trace, table, rows);
  errand.Show(table, Json{{"traces", traces}}, {"session", "at_us", "step", "text"}, rows);
}

// What is known of it; where nothing is, it is traced from now on.
absl::Status TraceOne(Errand& errand, const std::string& name) {
  absl::StatusOr<Json> trace = AskJson(errand.door, QuestionOfTrace(name));
  if (absl::IsNotFound(trace.status())) {
    Question point = Post(absl::StrCat("sessions/", PathSegment(name), ":trace"));
    point.may_be_gone = true;
    if (const absl::StatusOr<Json> pointed = AskJson(errand.door, point); !pointed.ok())
      return pointed.status();
    trace = AskJson(errand.door, QuestionOfTrace(name));
  }
  if (!trace.ok()) return trace.status();
  ShowTraces(errand, Json::array({*trace}));
  return absl::OkStatus();
}

// Until the trap has taken all it should, or for so long.
absl::StatusOr<Json> AwaitTrap(Errand& errand, Json state) {
  const absl::Time until = absl::Now() + kPatience;
  while (TrueOf(state, "armed") && absl::Now() < until) {
    errand.door.Doing("waiting for sessions that match");
    absl::SleepFor(kLook);
    absl::StatusOr<Json> next = AskJson(errand.door, Get("traces"));
    if (!next.ok()) return next;
    state = *std::move(next);
  }
  return state;
}

absl::Status TraceNext(Errand& errand, int64_t sessions) {
  Question trap =
      Post("traces", Json{{"filter", FilterOf(errand.arguments.words)}, {"sessions", sessions}});
  absl::StatusOr<Json> state = AskJson(errand.door, trap);
  if (!state.ok()) return state.status();
  state = AwaitTrap(errand, *std::move(state));
  if (!state.ok()) return state.status();
  Json traces = Json::array();
  for (const Json& one : ListOf(*state, "traces")) {
    absl::StatusOr<Json> trace = AskJson(errand.door, QuestionOfTrace(TextOf(one, "session")));
    if (trace.ok()) traces.push_back(*std::move(trace));
  }
  if (traces.empty())
    return absl::NotFoundError("no session has come within a minute that matches; the trap stays");
  ShowTraces(errand, traces);
  return absl::OkStatus();
}

}  // namespace

absl::Status RunTrace(Errand& errand) {
  const Arguments& arguments = errand.arguments;
  int64_t sessions = 1;
  if (arguments.Has("sessions") &&
      (!absl::SimpleAtoi(arguments.Get("sessions"), &sessions) || sessions < 1 || sessions > 32)) {
    return absl::InvalidArgumentError(absl::StrCat("--sessions: expected 1 to 32, found \"",
                                                   SafeText(arguments.Get("sessions")),
                                                   "\"; 1 is the default"));
  }
  if (arguments.words.size() == 1 && IsSessionName(arguments.words[0]))
    return TraceOne(errand, arguments.words[0]);
  return TraceNext(errand, sessions);
}

}  // namespace sluice
