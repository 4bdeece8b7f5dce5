// All at one time, on one thread: tunnels that ping-pong, bulk streams both ways, connections that
// come and go, associations with datagrams under way, and tunnels that are idle. Each is the part
// that is elsewhere a scenario of its own; here is only who takes part, and the report. What each
// offers is fixed by its rate, so that what the mix costs, and how long what waits, can be
// compared.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "bench/load/part.h"
#include "bench/load/run.h"
#include "bench/load/scenario.h"
#include "bench/load/stage.h"

namespace sluice::load {
namespace {

struct Member {
  std::string name;  // before each key of its report
  std::unique_ptr<Part> part;
};

// What a part has of everything: `connections` of its kind, and a service of its own.
Options OptionsFor(const Options& all, int connections, Service service = Service::kEcho) {
  Options options = all;
  options.connections = connections;
  options.udp = false;
  // A back end elsewhere has its services at ports that follow each other (Backend::Start).
  if (options.backend)
    options.backend->port =
        static_cast<uint16_t>(options.backend->port + static_cast<int>(service));
  return options;
}

// What has a schedule comes first: then it is first in each turn.
absl::StatusOr<std::vector<Member>> MakeMembers(Stage& stage) {
  const Options& all = stage.options;
  Options down = OptionsFor(all, all.streams, Service::kSource);
  down.direction = Direction::kDown;
  Options up = OptionsFor(all, all.streams, Service::kSink);
  up.direction = Direction::kUp;
  Options churn = OptionsFor(all, all.churn > 0 ? all.in_flight : 0);
  churn.rate = all.churn;
  Options datagrams = OptionsFor(all, all.associations);
  datagrams.rate = all.echoes;

  const struct {
    const char* name;
    MadePart (*make)(Stage&, const Options&);
    const Options options;
  } kinds[] = {
      {"rr", MakeRoundTrips, OptionsFor(all, all.connections)},
      {"udp", MakeDatagrams, datagrams},
      {"cps", MakeConnections, churn},
      {"bulk_down", MakeStreams, down},
      {"bulk_up", MakeStreams, up},
      {"idle", MakeIdles, OptionsFor(all, all.standing)},
  };
  std::vector<Member> members;
  for (const auto& kind : kinds) {
    if (kind.options.connections == 0) continue;
    MadePart made = kind.make(stage, kind.options);
    if (!made.ok()) return made.status();
    members.push_back({kind.name, *std::move(made)});
  }
  return members;
}

void AddMember(Report& report, const Member& member, double seconds) {
  Report own;
  member.part->AddCounts(own, seconds);
  member.part->AddLatencies(own);
  own["failures"] = member.part->failures().total();
  for (const auto& item : own.items()) {
    report[absl::StrCat(member.name, "_", item.key())] = item.value();
  }
}

Report MakeReport(const Stage& stage, const Run& run, const std::vector<Member>& members) {
  Report report = stage.NewReport("mixed");
  const double seconds = stage.meter.seconds();
  stage.meter.AddTo(report, seconds, 100, "percent");
  AddLatencies(report, "load_turn", run.turns());
  Failures failures;
  for (const Member& member : members) {
    AddMember(report, member, seconds);
    failures.Add(member.part->failures());
  }
  failures.ForEachKind([&](const char* kind, int64_t count) {
    report[absl::StrCat("failures_", absl::StrReplaceAll(kind, {{" ", "_"}}))] = count;
  });
  AddFailures(report, failures);
  return report;
}

}  // namespace

absl::StatusOr<Report> RunMixed(const Options& options) {
  const int tunnels = options.connections + 2 * options.streams + options.standing +
                      (options.churn > 0 ? options.in_flight : 0);
  auto stage = Stage::Make(options, {.tunnels = tunnels, .associations = options.associations});
  if (!stage.ok()) return stage.status();
  auto members = MakeMembers(**stage);
  if (!members.ok()) return members.status();
  std::vector<Part*> parts;
  for (const Member& member : *members) parts.push_back(member.part.get());
  Run run(**stage, parts);
  if (absl::Status status = run.Open(); !status.ok()) return status;
  if (absl::Status status = run.Measure(); !status.ok()) return status;
  run.Finish();
  return MakeReport(**stage, run, *members);
}

}  // namespace sluice::load
