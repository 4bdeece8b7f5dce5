#include "tests/sim/gateway_verdict.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "relay/now_refused.h"

namespace sluice {
namespace {

constexpr uint8_t kSocks4Rejected = 0x5B;

std::string Text(std::string_view text) { return std::string(text); }

std::string EndOf(const AccessRecord& record) {
  return absl::StrCat("ended by ", Text(ToString(record.ended_by)), " in ",
                      Text(ToString(record.state)), ": ", Text(record.why), " (errno ",
                      record.error, ")");
}

// Who pours in more than is read and dropped loses the reply to a reset.
bool Pours(const SimPlan& plan) {
  return plan.script.optimistic &&
         plan.client_habits.send_bytes + 1024 > limits::kFailureDrainBytes;
}

// It has said what it asks for so slowly, or is checked so slowly (itself, or who stands in line
// before it), that a deadline came first.
bool TooLate(const SimPlan& plan, const AccessRecord& record) {
  return (plan.dawdles || record.auth_verdict == AuthVerdict::kBusy) &&
         record.ended_by == EndedBy::kTimeout && record.state <= SessionState::kRequest;
}

// Its credentials let it in, or it needs none.
bool MayAsk(SimClaim claim) { return claim == SimClaim::kGood || claim == SimClaim::kNobody; }

// An IPv4 address, or an IPv6 network of 64 bits.
bool SameSource(const Address& a, const Address& b) {
  if (a.is_v4() || b.is_v4()) return a == b;
  return std::equal(a.bytes().begin(), a.bytes().begin() + 8, b.bytes().begin());
}

}  // namespace

void GatewayVerdict::Accuse(const SimPlan& plan, const std::string& what) {
  const AccessRecord* record = RecordOf(plan);
  sim_.network().judge().Accuse(
      absl::StrCat(what, "\n    ", plan.ToString(), "\n    ",
                   record != nullptr ? EndOf(*record) : "no access record"));
}

const AccessRecord* GatewayVerdict::RecordOf(const SimPlan& plan) const {
  if (plan.client == nullptr) return nullptr;
  for (const AccessRecord& record : sim_.gateway().records()) {
    if (record.client == plan.client->socket().local()) return &record;
  }
  return nullptr;
}

// --- While it runs

void GatewayVerdict::OnDial(SimSocket& socket, const Endpoint& to) {
  std::string fault = "that nobody asked for";
  const SimPlan* suspect = nullptr;
  bool permitted = false;
  // Only the gateway's own port can be asked for by several.
  for (const auto& plan : sim_.plans()) {
    if (plan->port != to.port || plan->client == nullptr || !plan->wants_connect()) continue;
    suspect = plan.get();
    if (plan->authenticates() && !MayAsk(plan->credentials.claim)) {
      fault = "for a client that has not authenticated";
      continue;
    }
    if (!plan->client->said_all()) {
      fault = "before the request was complete";
      continue;
    }
    dialled_[plan.get()].push_back(&socket);
    for (const SimPolicy* policy : InForce(plan->client->spoke_at(), sim_.network().now())) {
      std::vector<Address> allowed = AllowedBy(*policy, *plan);
      // It may be the gateway's own at the moment, which is another question to the rules.
      if (AsksForWanderer(*plan)) {
        const std::vector<Address> own = AllowedBy(*policy, *plan, sim_.world().wanderers());
        allowed.insert(allowed.end(), own.begin(), own.end());
      }
      permitted |= std::find(allowed.begin(), allowed.end(), to.address) != allowed.end();
    }
    fault = "that no policy allowed";
  }
  if (permitted) return;
  fault = absl::StrCat("a connection to ", to.ToString(), " ", fault);
  suspect != nullptr ? Accuse(*suspect, fault) : sim_.network().judge().Accuse(fault);
}

void GatewayVerdict::CheckBounds() {
  const Places& places = sim_.gateway().gateway().places();
  if (sim_.gateway().sessions_open() + places.free() > places.most())
    sim_.network().judge().Accuse("there are more sessions than places");
  for (const auto& plan : sim_.plans()) {
    const auto dialled = dialled_.find(plan.get());
    // Of connections to itself it cannot be told yet whose they are.
    if (dialled == dialled_.end() || plan->client->done() || AsksForItself(*plan)) continue;
    const SimSocket* client = plan->client->socket().peer();
    uint64_t from_target = 0;
    uint64_t to_target = 0;
    for (const SimSocket* socket : dialled->second) {
      from_target += socket->bytes_read();
      to_target += socket->bytes_written();
    }
    // Without a tunnel, what a refused client still sends is read and dropped.
    const bool tunnel = std::any_of(dialled->second.begin(), dialled->second.end(),
                                    [](const SimSocket* socket) { return socket->connected(); });
    const uint64_t bound =
        sim_.tunnel_bytes_max() +
        (tunnel ? 0 : limits::kFailureDrainBytes + limits::kHandshakeReceiveBytes);
    if (client->bytes_read() > to_target + bound + limits::kHandshakeReceiveBytes) {
      Accuse(*plan, absl::StrCat("the gateway holds ", client->bytes_read() - to_target,
                                 " bytes for the target"));
    }
    if (from_target > client->bytes_written() + bound) {
      Accuse(*plan, absl::StrCat("the gateway holds ", from_target - client->bytes_written(),
                                 " bytes for the client"));
    }
  }
}

// --- When all is over

void GatewayVerdict::Judge(SimReport* report) {
  report->counters = sim_.gateway().gateway().Count();
  report->sessions = sim_.gateway().records().size();
  report->evicted = sim_.eviction().ended();
  JudgeRecords();
  for (const auto& plan : sim_.plans()) {
    if (plan->client != nullptr) JudgePlan(*plan, report);
  }
}

void GatewayVerdict::JudgeRecords() {
  SimJudge& judge = sim_.network().judge();
  const auto& records = sim_.gateway().records();
  const Counters::Totals counters = sim_.gateway().gateway().Count();
  if (counters.sessions_accepted != records.size() || counters.sessions_closed != records.size()) {
    judge.Accuse(absl::StrCat(counters.sessions_accepted, " sessions accepted, ",
                              counters.sessions_closed, " closed, but ", records.size(),
                              " access records"));
  }
  std::set<Endpoint> clients;
  uint64_t up = 0;
  uint64_t down = 0;
  std::map<std::string, uint64_t> replied;
  for (const AccessRecord& record : records) {
    up += record.bytes_up;
    down += record.bytes_down;
    if (record.replied && !record.rule.view().empty()) ++replied[std::string(record.rule.view())];
  }
  if (up != counters.bytes_up || down != counters.bytes_down)
    judge.Accuse("the bytes that were counted as they moved are not those of the sessions");
  JudgeRules(up, down, replied);
  std::vector<const Histograms*> histograms;
  for (const auto& shard : sim_.gateway().gateway().shards())
    histograms.push_back(&shard->histograms());
  Histograms::ForEach(histograms, [&](std::string_view name, std::string_view, double,
                                      const Histogram::Counts& counts) {
    if (name == "sluice_session_up_bytes" && counts.sum != up)
      judge.Accuse("the histogram of bytes is not of the sessions' bytes");
    if (name == "sluice_setup_duration_seconds" && counts.count > records.size())
      judge.Accuse("a session was measured twice");
  });
  const auto evicted = [](const AccessRecord& record) { return record.why == kNowRefused; };
  if (static_cast<size_t>(std::count_if(records.begin(), records.end(), evicted)) !=
      sim_.eviction().ended())
    judge.Accuse("other sessions were ended for the new rules than those that they refuse");
  for (const AccessRecord& record : records) {
    if (!clients.insert(record.client).second) {
      judge.Accuse(absl::StrCat("two access records of ", record.client.ToString()));
    }
    if (record.ended_by == EndedBy::kNobody || record.why.empty()) {
      judge.Accuse(absl::StrCat("nobody ended the session of ", record.client.ToString()));
    }
  }
}

// What was counted for each rule, whatever policy it was of.
void GatewayVerdict::JudgeRules(uint64_t up, uint64_t down,
                                const std::map<std::string, uint64_t>& replied) {
  SimJudge& judge = sim_.network().judge();
  std::map<std::string, uint64_t> hits;
  for (const auto& shard : sim_.gateway().gateway().shards()) {
    shard->rule_counts().ForEach([&](std::string_view name, const RuleCounts::Counts& counts) {
      if (counts.hits > 0) hits[std::string(name)] += counts.hits;
      up -= counts.bytes_up;
      down -= counts.bytes_down;
      if (counts.sessions != 0) judge.Accuse("a rule still has sessions, and all have ended");
    });
  }
  if (hits != replied) judge.Accuse("hits of rules are not the requests that they answered");
  if (up != 0 || down != 0) judge.Accuse("bytes of rules are not those of their sessions");
}

void GatewayVerdict::JudgePlan(const SimPlan& plan, SimReport* report) {
  const AccessRecord* record = RecordOf(plan);
  if (record == nullptr) {
    if (!plan.client->replies().empty())
      Accuse(plan, "a client was answered, but there is no access record of it");
    return;
  }
  if (record->ended_by == EndedBy::kLimit && record->state <= SessionState::kRequest &&
      record->auth_verdict == AuthVerdict::kAccepted) {
    return JudgeTurnedAway(plan, *record);
  }
  if (record->ended_by == EndedBy::kTimeout) ++report->timed_out;
  if (record->ended_by == EndedBy::kPolicy) ++report->refused;
  JudgeRecord(plan, *record);
  JudgeTimeOut(plan, *record, report);
  if (plan.vanishes) JudgeVanished(plan, *record);
  if (plan.kind == SimPlan::Kind::kMalformed) JudgeMalformed(plan, *record);
  if (plan.kind == SimPlan::Kind::kProper && JudgeAuthentication(plan, *record))
    JudgeAnswer(plan, *record);
  if (plan.client->succeeded() && !AsksForItself(plan)) JudgeTunnel(plan, *record, report);
}

// No place was free for it: only a source that had many, meanwhile or just before, has fewer.
void GatewayVerdict::JudgeTurnedAway(const SimPlan& plan, const AccessRecord& record) {
  const auto& records = sim_.gateway().records();
  const absl::Time started = StartOf(record) - kSlack;
  const absl::Time ended = StartOf(record) + record.duration;
  const auto with_it = [&](const AccessRecord& other) {
    return SameSource(other.client.address, record.client.address) && StartOf(other) <= ended &&
           StartOf(other) + other.duration >= started;
  };
  if (std::count_if(records.begin(), records.end(), with_it) < limits::kCrowdMin)
    Accuse(plan, "a source was bounded that does not have many");
  if (plan.client->answered()) Accuse(plan, "a client was answered before it said what it wants");
}

void GatewayVerdict::JudgeRecord(const SimPlan& plan, const AccessRecord& record) {
  const SimClient& client = *plan.client;
  if (!client.answered()) return;
  if (!record.replied) Accuse(plan, "a client was answered, but its record does not know");
  if (plan.kind != SimPlan::Kind::kProper) return;
  if (plan.version == Version::kSocks5 && static_cast<uint8_t>(record.reply) != client.code()) {
    Accuse(plan, absl::StrCat("the record has reply ", static_cast<uint8_t>(record.reply),
                              ", the client got ", client.code()));
  }
  if (record.version != plan.version || record.command != plan.command ||
      record.name.view() != plan.name || record.requested_address.port != plan.port ||
      (plan.name.empty() && record.requested_address.address != plan.address)) {
    Accuse(plan, "the record has another request than the client made");
  }
}

bool GatewayVerdict::Disturbed(const SimPlan& plan, const AccessRecord& record,
                               const SimPeer* target) const {
  if (plan.stalls || plan.client->left_early() || plan.client->socket().was_cut()) return true;
  if (target != nullptr && (target->left_early() || target->socket().was_cut())) return true;
  const auto dialled = dialled_.find(&plan);
  const auto was_cut = [&](const SimSocket* socket) {
    return socket->was_cut() && (!AsksForItself(plan) || socket->local() == record.egress);
  };
  if (dialled != dialled_.end() &&
      std::any_of(dialled->second.begin(), dialled->second.end(), was_cut))
    return true;
  // Whoever ends what new rules refuse, and an operator's stop, ends at once, failure replies too:
  // whatever the reason, it may not have arrived.
  return record.ended_by == EndedBy::kOperator || record.why == kNowRefused ||
         StartOf(record) + record.duration >= sim_.stopped_at();
}

void GatewayVerdict::JudgeMalformed(const SimPlan& plan, const AccessRecord& record) {
  const SimClient& client = *plan.client;
  if (Disturbed(plan, record, nullptr) || plan.dawdles) return;
  const bool served = plan.script.socks5 || sim_.eras().front().policy.socks4;
  std::vector<uint8_t> method;
  if (plan.expected_method.has_value()) method = {5, *plan.expected_method};
  const bool method_right = client.replies().size() >= method.size() &&
                            std::equal(method.begin(), method.end(), client.replies().begin());
  const bool code_expected = served && plan.expected_code.has_value();
  const bool right = method_right && client.answered() == code_expected &&
                     (code_expected ? client.code() == *plan.expected_code
                                    : client.replies().size() == method.size());
  if (!right)
    Accuse(plan, absl::StrCat("a malformed request was answered wrongly, code ", client.code()));
}

bool GatewayVerdict::JudgeAuthentication(const SimPlan& plan, const AccessRecord& record) {
  if (!plan.authenticates()) {
    if (record.auth_verdict != AuthVerdict::kAccepted)
      Accuse(plan, "a client failed to authenticate that was not asked");
    return true;
  }
  const SimClient& client = *plan.client;
  const std::optional<uint8_t> status = client.auth_status();
  const bool nobody = plan.credentials.claim == SimClaim::kNobody;
  if (nobody && (!record.user.view().empty() || record.auth == SessionAuth::kPassword ||
                 record.auth_verdict != AuthVerdict::kAccepted || status == 1)) {
    Accuse(plan, "who had no password was taken for somebody");
  }
  if (status.has_value() && !nobody &&
      (record.user.view() != plan.credentials.user || record.auth != SessionAuth::kPassword)) {
    Accuse(plan, "the record has another user, or none");
  }
  if (status == 0 || client.answered()) {
    if (!MayAsk(plan.credentials.claim))
      Accuse(plan, "credentials were accepted that are not good");
    if (record.auth_verdict != AuthVerdict::kAccepted)
      Accuse(plan, "credentials were accepted, but the record does not know");
    return true;
  }
  const SimPolicy& policy = sim_.eras().front().policy;
  // Also those who left before they were told.
  const auto may_have_failed = [&](const std::unique_ptr<SimPlan>& other) {
    return other->client != nullptr && other->credentials.claim == SimClaim::kWrong &&
           SameSource(other->client->socket().local().address, record.client.address);
  };
  switch (record.auth_verdict) {
    case AuthVerdict::kAccepted:
      if (status.has_value())
        Accuse(plan, "credentials were refused, but the record does not know");
      // Nobody has said anything yet: something else has ended it, which the others judge.
      return MayAsk(plan.credentials.claim);
    case AuthVerdict::kRejected:
      if (plan.credentials.claim != SimClaim::kWrong)
        Accuse(plan, "good credentials were refused as wrong");
      break;
    case AuthVerdict::kThrottled:
      if (policy.refuse_after == 0 || std::count_if(sim_.plans().begin(), sim_.plans().end(),
                                                    may_have_failed) < policy.refuse_after) {
        Accuse(plan, "a source was refused that has not failed so often");
      }
      break;
    case AuthVerdict::kBusy: break;
    case AuthVerdict::kBroken:
      if (plan.credentials.claim != SimClaim::kBroken)
        Accuse(plan, "a check failed that could not");
      break;
  }
  if (record.auth_verdict == AuthVerdict::kBusy || record.auth_verdict == AuthVerdict::kBroken) {
    if (status.has_value()) Accuse(plan, "credentials that were not checked were called wrong");
    return false;
  }
  const bool answered =
      status.has_value() ? *status == 1
                         : Pours(plan) || TooLate(plan, record) || Disturbed(plan, record, nullptr);
  if (!answered) Accuse(plan, "refused credentials were not answered 01");
  return false;
}

void GatewayVerdict::JudgeAnswer(const SimPlan& plan, const AccessRecord& record) {
  const SimClient& client = *plan.client;
  const bool socks5 = plan.version == Version::kSocks5;
  if (!socks5 && !sim_.eras().front().policy.socks4) {
    if (!client.replies().empty()) Accuse(plan, "SOCKS4 is off, but was answered");
    return;
  }
  if (!socks5 && ChosenMethod(sim_.eras().front().policy.methods, {kMethodNone}) != kMethodNone) {
    // It has no way to say who it is.
    const bool excused = Pours(plan) || TooLate(plan, record) || Disturbed(plan, record, nullptr);
    if (client.answered() ? client.code() != kSocks4Rejected : !excused) {
      Accuse(plan, "SOCKS4 was not refused where authentication is required");
    }
    return;
  }
  bool may_succeed = false;
  bool must_succeed = !sim_.connects_may_fail();
  std::set<uint8_t> codes;
  if (sim_.connects_may_fail()) codes = {1, 3, 4, 5, 6};
  const absl::Time answered_at = std::min(client.answered_at(), sim_.network().now());
  if (!plan.name.empty() && sim_.names_may_fail()) {
    must_succeed = false;
    codes.insert(static_cast<uint8_t>(Rep::kHostUnreachable));
  }
  // As many are asked on its source's account as may be.
  if (!plan.name.empty() && sim_.eras().front().policy.names < limits::kSourceNames) {
    must_succeed = false;
    codes.insert(static_cast<uint8_t>(Rep::kGeneralFailure));
  }
  const std::vector<const SimPolicy*> policies = InForce(client.spoke_at(), answered_at);
  // Each address of a name is decided when it is its turn: one policy may leave out what decides
  // the failure by another one.
  if (policies.size() > 1 && !plan.name.empty()) codes.insert({3, 4, 5, 6});
  for (const SimPolicy* policy : policies) {
    const Expectation expected = ExpectFrom(*policy, plan);
    may_succeed |= expected.may_succeed;
    must_succeed &= expected.must_succeed;
    codes.insert(expected.codes.begin(), expected.codes.end());
  }
  if (!client.answered()) {
    const SimPeer* target = plan.target->ConnectionFrom(record.egress);
    // A reset may overtake the reply.
    const bool overtaken =
        AsksForItself(plan) && record.ended_by == EndedBy::kTarget && record.error != 0;
    if (!Pours(plan) && !overtaken && !TooLate(plan, record) && !Disturbed(plan, record, target))
      Accuse(plan, "a request was not answered");
    return;
  }
  if (client.succeeded()) {
    if (!may_succeed) Accuse(plan, "a request succeeded that could not");
    return;
  }
  if (must_succeed)
    return Accuse(plan, absl::StrCat("a request failed with ", client.code(), " that should not"));
  if (socks5 ? codes.count(client.code()) == 0 : client.code() != kSocks4Rejected) {
    Accuse(plan, absl::StrCat("a request failed with the wrong code ", client.code()));
  }
}

void GatewayVerdict::JudgeTunnel(const SimPlan& plan, const AccessRecord& record,
                                 SimReport* report) {
  ++report->tunnels;
  const SimClient& client = *plan.client;
  const SimPeer* target = plan.target->ConnectionFrom(record.egress);
  if (client.bound().has_value() && *client.bound() != record.egress) {
    Accuse(plan, absl::StrCat("the reply says ", client.bound()->ToString(), ", the record ",
                              record.egress.ToString()));
  }
  for (const auto& connection : plan.target->connections()) {
    if (connection.get() != target && connection->got() > 0) {
      Accuse(plan, "bytes went to a connection that is not the tunnel's");
    }
  }
  if (target == nullptr) {
    if (plan.target_accepts_after != absl::InfiniteDuration())
      Accuse(plan, "no target has the tunnel's connection");
    return;
  }
  if (target->got() > client.sent() || client.got() > target->sent())
    Accuse(plan, "more arrived than was sent");
  if (record.bytes_up < target->got() || record.bytes_up > client.sent() ||
      record.bytes_down < client.got() || record.bytes_down > target->sent()) {
    Accuse(plan,
           absl::StrCat("the record has ", record.bytes_up, " bytes up and ", record.bytes_down,
                        " down; the client sent ", client.sent(), " and got ", client.got(),
                        ", the target sent ", target->sent(), " and got ", target->got()));
  }
  JudgeFin(plan, record, client, *target);
  JudgeFin(plan, record, *target, client);
  if (Disturbed(plan, record, target)) return;
  if (!client.saw_fin() || !target->saw_fin() || client.saw_reset() || target->saw_reset() ||
      target->got() != plan.client_habits.send_bytes || client.got() != target->sent()) {
    Accuse(plan, absl::StrCat("an undisturbed tunnel did not carry everything: the client sent ",
                              client.sent(), " and got ", client.got(), ", the target sent ",
                              target->sent(), " and got ", target->got()));
  }
  ++report->complete;
}

void GatewayVerdict::JudgeFin(const SimPlan& plan, const AccessRecord& record, const SimPeer& seer,
                              const SimPeer& sayer) {
  if (!seer.saw_fin()) return;
  // A time-out or an operator ends a tunnel in the middle.
  if (record.ended_by == EndedBy::kTimeout || record.ended_by == EndedBy::kOperator) return;
  const bool closed = sayer.left_early() && sayer.habits().close_at < sayer.habits().reset_at;
  if (!sayer.said_fin() && !closed)
    Accuse(plan, absl::StrCat(seer.name(), " got a FIN that nobody sent"));
  if (seer.got() != sayer.sent()) {
    Accuse(plan,
           absl::StrCat(seer.name(), " got a FIN after ", seer.got(), " bytes of ", sayer.sent()));
  }
}

}  // namespace sluice
