// A seed's story:
//   1. PickGround: shards, buffers, limits, the first policy.
//   2. PickPlans: who comes when, asks for what, and what waits for it there.
//   3. PickIncidents: swapped snapshots, descriptors that run out, name servers that die and
//      change, a drain or a stop.
//   4. Run: until everybody has gone; faults end on the way, and from then on everything must come
//      to its end.
//   5. The gateway drains; the verdict; the audit.

#include "tests/sim/gateway_sim.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/sim/gateway_verdict.h"

namespace sluice {
namespace {

constexpr absl::Duration kClientsComeWithin = absl::Seconds(4);
constexpr absl::Duration kFaultsLast = absl::Seconds(8);
// of simulated time, for everything to come to its end
constexpr absl::Duration kLimit = absl::Hours(2);
constexpr absl::Duration kDrainLimit = absl::Minutes(1);

uint64_t Key(int plan, bool up) { return static_cast<uint64_t>(plan) * 2 + (up ? 1 : 0) + 0x5eed; }

}  // namespace

GatewaySim::GatewaySim(uint64_t seed, bool verbose)
    : seed_(seed), network_(seed), dice_(network_.dice()), world_(network_) {
  network_.trace().set_verbose(verbose);
  PickGround();
  PickPlans();
  PickIncidents();
}

void GatewaySim::PickGround() {
  static constexpr size_t kBufferBytes[] = {256, 1024, 4096, 16'384};
  if (dice_.Chance(0.8)) network_.SetFaults(SimFaults::Random(dice_));
  options_.shards = static_cast<int>(dice_.Skewed(1, 3));
  options_.kernel.buffer_bytes = dice_.Pick(kBufferBytes, 4);
  options_.kernel.buffers = static_cast<int>(dice_.Skewed(4, 128));
  options_.kernel.buffers_hot = static_cast<int>(dice_.Skewed(1, 64));
  options_.kernel.pipe_bytes_max = static_cast<int>(dice_.Skewed(4096, 256 * 1024));
  options_.shard.sessions_max = static_cast<int>(dice_.Skewed(2, 64));
  options_.shard.splice_pipes_max = static_cast<int>(dice_.Between(0, 4));
  // RFC 8305's delay between attempts at all addresses, and some latency, must fit in the shortest
  // connect time-out.
  SimPolicy policy = world_.PickPolicy();
  policy.socks4 = dice_.Chance(0.8);
  policy.methods = PickMethods(dice_);
  policy.slow_after = static_cast<int>(dice_.Between(0, 3));
  policy.refuse_after = static_cast<int>(dice_.Between(0, 6));
  options_.users = SimAccounts();
  options_.users.questions_max = dice_.Chance(0.7) ? 256 : dice_.Skewed(1, 8);
  if (dice_.Chance(0.1)) policy.names = static_cast<int>(dice_.Between(1, 3));
  policy.backlog = static_cast<int>(dice_.Skewed(1, 64));
  policy.handshake = absl::Milliseconds(static_cast<int64_t>(dice_.Between(10'000, 20'000)));
  policy.connect = absl::Milliseconds(static_cast<int64_t>(dice_.Between(6'000, 12'000)));
  policy.idle = absl::Milliseconds(static_cast<int64_t>(dice_.Between(20'000, 120'000)));
  policy.half_closed = absl::Milliseconds(static_cast<int64_t>(dice_.Between(10'000, 30'000)));
  const auto seconds = [this](uint64_t min, uint64_t max) {
    return absl::Seconds(static_cast<int64_t>(dice_.Between(min, max)));
  };
  policy.stalled = seconds(10, 60);
  policy.unacknowledged = seconds(3, 30);
  policy.keepalive = seconds(3, 20);
  policy.keepalive_interval = seconds(1, 4);
  policy.keepalive_probes = static_cast<int>(dice_.Between(1, 4));
  eras_.push_back(Era{network_.now(), policy});
  const SimFaults& faults = network_.faults();
  connects_may_fail_ =
      faults.connect_ignored > 0 || faults.socket_refused > 0 || faults.connection_cut > 0;
  // Two buffers each way and one being received, the handshake's early bytes, a pipe.
  tunnel_bytes_max_ = static_cast<size_t>(limits::kPipeBuffersMax) * options_.kernel.buffer_bytes +
                      limits::kHandshakeReceiveBytes +
                      static_cast<size_t>(options_.kernel.pipe_bytes_max);
  gateway_ = std::make_unique<SimGateway>(network_, world_.gateway(), world_.zone(), options_);
  eviction_ = std::make_unique<SimEviction>(network_, *gateway_);
}

void GatewaySim::PickPlans() {
  const uint64_t count = dice_.Skewed(1, 48);
  SimAppetite appetite;
  appetite.methods = eras_[0].policy.methods;
  appetite.stream_bytes_max =
      std::min<uint64_t>(1'000'000, 20'000 + 200 * network_.faults().socket_buffer_min);
  // Who never reads, or is gone without a word, holds on to buffers: with too few of them,
  // everybody else would starve behind it, and rightly.
  appetite.stalls_allowed = options_.kernel.buffers >= 5 * static_cast<int>(count);
  for (uint64_t id = 0; id < count; ++id) {
    plans_.push_back(std::make_unique<SimPlan>(PlanSession(
        world_, dice_, static_cast<int>(id), network_.now(), kClientsComeWithin, appetite)));
    SimPlan& plan = *plans_.back();
    plan.target = std::make_unique<SimTarget>(network_, absl::StrCat("target of client ", id),
                                              plan.target_habits, plan.target_accepts_after,
                                              Key(plan.id, /*up=*/plan.target_habits.echoes),
                                              Key(plan.id, /*up=*/true));
    for (SimHost* host : world_.targets()) {
      for (const Address& address : host->addresses()) {
        if (!dice_.Chance(0.85)) continue;
        plan.target->ListenAt(*host,
                              Endpoint{address, static_cast<uint16_t>(SimPlan::kFirstPort + id)});
        plan.target_listens_at.insert(address);
      }
    }
    for (const char* loopback : {"127.0.0.1", "::1"}) {
      const Address address = *Address::Parse(loopback);
      plan.target->ListenAt(world_.gateway(),
                            Endpoint{address, static_cast<uint16_t>(SimPlan::kFirstPort + id)});
      plan.target_listens_at.insert(address);
    }
    network_.clock().At(plan.starts, [this, &plan] { StartClient(plan); });
  }
}

void GatewaySim::PickIncidents() {
  const absl::Time start = network_.now();
  const auto sometime = [&] {
    return start + dice_.Between(absl::ZeroDuration(), kClientsComeWithin * 1.5);
  };
  calm_from_ = start + dice_.Between(absl::Seconds(1), kFaultsLast);
  network_.clock().At(calm_from_, [this] { network_.CalmDown(); });
  if (dice_.Chance(0.4)) {
    for (uint64_t swaps = dice_.Between(1, 3); swaps > 0; --swaps) {
      network_.clock().At(sometime(), [this] { Swap(); });
    }
  }
  if (dice_.Chance(0.2)) {
    connects_may_fail_ = true;
    for (uint64_t times = dice_.Between(1, 3); times > 0; --times) {
      network_.clock().At(sometime(), [this] { StarveDescriptors(); });
    }
  }
  if (dice_.Chance(0.6)) PickNameServers();
  if (dice_.Chance(0.4)) {
    for (uint64_t times = dice_.Between(1, 6); times > 0; --times) {
      network_.clock().At(sometime(), [this] { Wander(); });
    }
  }
  if (dice_.Chance(0.15)) {
    for (uint64_t times = dice_.Between(1, 3); times > 0; --times) {
      network_.clock().At(sometime(), [this] { Crowd(); });
    }
  }
  if (dice_.Chance(0.1)) {
    const bool drain = dice_.Chance(0.6);
    network_.clock().At(sometime(), [this, drain] {
      network_.Trace(drain ? "drain" : "stop", 0);
      told_to_stop_ = true;
      if (!drain) stopped_at_ = network_.now();
      drain ? gateway_->gateway().Drain() : gateway_->gateway().Stop();
    });
  }
}

// A source opens more connections than there are places and says nothing in any of them.
void GatewaySim::Crowd() {
  const Address own = *Address::Parse("192.168.77.7");
  if (greedy_ == nullptr) greedy_ = &network_.AddHost({own});
  network_.Trace("a crowd comes", options_.shard.sessions_max);
  for (int i = 0; i < options_.shard.sessions_max + 4; ++i) {
    network_.NewSocket(*greedy_).Connect(
        Endpoint{world_.gateway_address(/*v4=*/true), eras_.back().policy.port});
  }
}

// One of two always answers, unless names may fail; the other one dies, lives and fails. With one
// attempt at the dead one a name is there within every connect time-out.
void GatewaySim::PickNameServers() {
  static constexpr SimNameServers::Mood kMoods[] = {
      SimNameServers::Mood::kAnswers, SimNameServers::Mood::kSilent, SimNameServers::Mood::kBroken};
  names_may_fail_ = dice_.Chance(0.15);
  SimNameServers& servers = gateway_->name_servers();
  const Address steady = SimNameServers::At(0);
  const Address moody = SimNameServers::At(1);
  servers.Name({moody, steady});
  servers.SetMood(moody, dice_.Pick(kMoods, 3));
  const auto sometime = [&] {
    return network_.now() + dice_.Between(absl::ZeroDuration(), kClientsComeWithin * 1.5);
  };
  for (uint64_t changes = dice_.Between(0, 4); changes > 0; --changes) {
    const Address server = names_may_fail_ && dice_.Chance(0.5) ? steady : moody;
    const SimNameServers::Mood mood = dice_.Pick(kMoods, 3);
    network_.clock().At(sometime(), [&servers, server, mood] { servers.SetMood(server, mood); });
  }
  if (dice_.Chance(0.3)) {
    network_.clock().At(sometime(), [this, steady, moody] {
      gateway_->ChangeNameServers({steady, moody});
    });
  }
}

void GatewaySim::StartClient(SimPlan& plan) {
  ++clients_started_;
  SimSocket& socket = network_.NewSocket(*plan.client_host);
  plan.client = std::make_unique<SimClient>(
      network_, socket, absl::StrCat("client ", plan.id), plan.client_habits,
      Key(plan.id, /*up=*/true), Key(plan.id, /*up=*/plan.target_habits.echoes), plan.script);
  network_.Trace("client starts", plan.id, socket.id());
  socket.Connect(Endpoint{world_.gateway_address(plan.client_v4), eras_.back().policy.port});
  plan.client->Wake();
}

// Other rules, and sometimes another port; time-outs stay, so that what is expected of a session
// does not hang on when it began.
void GatewaySim::Swap() {
  if (told_to_stop_) return;
  SimPolicy policy = eras_.back().policy;
  policy.rules = world_.PickPolicy().rules;
  if (dice_.Chance(0.2)) ++policy.port;
  if (const absl::Status status = gateway_->Configure(policy.ToToml()); status.ok()) {
    eras_.push_back(Era{network_.now(), policy});
    if (dice_.Chance(0.7)) eviction_->Start(policy);
  } else if (!connects_may_fail_) {
    network_.judge().Accuse(
        absl::StrCat("a good configuration was not published: ", status.ToString()));
  }
}

void GatewaySim::StarveDescriptors() {
  network_.Trace("descriptors run out", gateway_->process().open());
  gateway_->process().set_descriptors_max(gateway_->process().open() +
                                          static_cast<int>(dice_.Between(0, 3)));
  network_.clock().After(dice_.Between(absl::Milliseconds(1), absl::Seconds(2)), [this] {
    network_.Trace("descriptors are back", 0);
    gateway_->process().set_descriptors_max(1'000'000);
  });
}

void GatewaySim::Wander() {
  const Address& address = world_.wanderers()[dice_.Between(0, 1)];
  network_.Trace("an address wanders", address.is_v4() ? 4 : 6);
  world_.Wander(address);
}

// Every client has come and gone, or has stopped doing anything.
bool GatewaySim::AllOver() const {
  if (clients_started_ < plans_.size() || network_.now() < calm_from_) return false;
  if (!gateway_->stopped() && gateway_->sessions_open() > 0) return false;
  return std::all_of(plans_.begin(), plans_.end(), [this](const auto& plan) {
    if (plan->client->done()) return true;
    const auto& records = gateway_->records();
    return std::any_of(records.begin(), records.end(), [&](const AccessRecord& record) {
      return record.client == plan->client->socket().local();
    });
  });
}

SimReport GatewaySim::Run() {
  SimReport report;
  report.seed = seed_;
  GatewayVerdict verdict(*this);
  network_.set_dial_observer([&](SimHost& host, SimSocket& socket, const Endpoint& to) {
    if (&host == &world_.gateway()) verdict.OnDial(socket, to);
  });
  gateway_->set_turn_observer([&] { verdict.CheckBounds(); });
  if (const absl::Status status = gateway_->Configure(eras_[0].policy.ToToml()); !status.ok()) {
    network_.judge().Accuse(
        absl::StrCat("a good configuration was not taken: ", status.ToString()));
  } else {
    const absl::Time end = network_.now() + kLimit;
    gateway_->RunUntil(end, [this] { return AllOver(); });
    if (network_.now() >= end) network_.judge().Accuse("sessions do not come to their end");
    if (!told_to_stop_) gateway_->gateway().Drain();
    told_to_stop_ = true;
    const absl::Time drained = network_.now() + kDrainLimit;
    gateway_->RunUntil(drained, [this] { return gateway_->stopped(); });
    if (!gateway_->stopped() && !network_.judge().condemned())
      network_.judge().Accuse("the gateway does not drain");
    // what is still on the wires arrives
    network_.clock().AdvanceTo(network_.now() + absl::Minutes(1));
    if (!network_.judge().condemned()) verdict.Judge(&report);
    if (gateway_->stopped()) gateway_->Audit();
  }
  network_.set_dial_observer(nullptr);
  report.accusations = network_.judge().accusations();
  report.trace_hash = network_.trace().hash();
  report.events = network_.clock().events_happened();
  if (!report.accusations.empty()) report.last_events = network_.trace().Last(60);
  return report;
}

SimReport RunSeed(uint64_t seed, bool verbose) {
  const SeedOnCrash on_crash(seed);
  return GatewaySim(seed, verbose).Run();
}

}  // namespace sluice
