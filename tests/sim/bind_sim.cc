// A seed's story:
//   1. PickGround: faults, shards, time-outs, who runs an ident server.
//   2. PickPlan: who asks for whose connection, who comes, and what flows then.
//   3. OnListening: the first reply is there; strangers and the peer set out.
//   4. Judge, when everybody is gone; then the audit.

#include "tests/sim/bind_sim.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace sluice {
namespace {

using Bytes = std::vector<uint8_t>;

constexpr uint16_t kServicePort = 1080;
constexpr uint16_t kIdentPort = 113;
constexpr uint16_t kFirstPort = 7000;
constexpr absl::Duration kClientsComeWithin = absl::Seconds(2);
constexpr absl::Duration kFaultsLast = absl::Seconds(6);
constexpr absl::Duration kLimit = absl::Hours(2);

Address At(const std::string& text) { return *Address::Parse(text); }

void Append(Bytes* to, std::string_view text) { to->insert(to->end(), text.begin(), text.end()); }
void AppendAddress(Bytes* to, const Address& address) {
  const auto& bytes = address.bytes();
  to->insert(to->end(), bytes.begin() + (address.is_v4() ? 12 : 0), bytes.end());
}

uint64_t Key(int plan, bool up) { return static_cast<uint64_t>(plan) * 2 + (up ? 1 : 0) + 0xb1d; }

}  // namespace

// Who answers for the users of a client's host.
enum class Honesty : uint8_t { kConfirms, kLies, kError, kGarbage, kSilent, kCloses };

struct BindSim::Plan {
  int id = 0;
  Version version = Version::kSocks5;
  SimHost* client_host = nullptr;
  SimHost* peer_host = nullptr;
  bool peer_v4 = true;
  bool by_name = false;
  bool any_peer = false;  // it asks with zeros
  bool peer_comes = true;
  int strangers = 0;     // before it
  absl::Duration pause;  // before each of them
  bool leaves = false;   // its client, while it waits
  Honesty honesty = Honesty::kConfirms;
  SimScript script;
  SimHabits client_habits;
  SimHabits peer_habits;

  std::unique_ptr<SimClient> client;
  std::vector<std::unique_ptr<SimPeer>> strangers_here;
  std::unique_ptr<SimPeer> peer;
  Endpoint told;  // where its peer is to come to; port 0: not yet

  bool socks5() const { return version == Version::kSocks5; }
  std::string user() const { return absl::StrCat("user", id); }
  const Address& peer_address() const { return peer_host->addresses()[peer_v4 ? 0 : 1]; }
};

// Port 113 of one client host. Each connection reads a line and answers as the plan of that port
// has it.
class BindSim::IdentServer final : private SimListener::Watcher {
 public:
  IdentServer(BindSim& sim, SimHost& host) : sim_(sim), host_(host) {
    for (const Address& address : host.addresses()) {
      sim.network_.Listen(host, Endpoint{address, kIdentPort}, 64)->set_watcher(this);
    }
  }

 private:
  class Connection final : private SimSocket::Watcher {
   public:
    Connection(IdentServer& server, SimSocket& socket) : server_(server), socket_(socket) {
      socket.set_watcher(this);
      Wake();
    }

   private:
    void OnSocketChange(SimSocket&) override { Wake(); }
    void Wake() {
      server_.sim_.network_.clock().After(absl::ZeroDuration(), [this] { Step(); });
    }
    void Step();
    void Answer(const Plan& plan, std::string_view ports);

    IdentServer& server_;
    SimSocket& socket_;
    std::string heard_;
    bool over_ = false;
  };

  void OnListenerChange(SimListener& listener) override {
    sim_.network_.clock().After(absl::ZeroDuration(), [this, &listener] {
      while (listener.has_waiting())
        connections_.push_back(std::make_unique<Connection>(*this, listener.Take()));
    });
  }

  BindSim& sim_;
  SimHost& host_;
  std::vector<std::unique_ptr<Connection>> connections_;
};

void BindSim::IdentServer::Connection::Step() {
  if (over_) return;
  uint8_t bytes[64];
  int64_t got = 0;
  while ((got = socket_.Read(bytes, sizeof bytes)) > 0)
    heard_.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(got));
  if (got != -EAGAIN) {
    over_ = true;
    return socket_.Close();
  }
  if (!heard_.ends_with("\r\n")) return;
  const std::vector<std::string> ports = absl::StrSplit(heard_.substr(0, heard_.size() - 2), " , ");
  for (const auto& plan : server_.sim_.plans_) {
    if (plan->client == nullptr || plan->client_host != &server_.host_) continue;
    const SimSocket& client = plan->client->socket();
    if (ports.size() != 2 || ports[0] != absl::StrCat(client.local().port) ||
        ports[1] != absl::StrCat(client.remote().port))
      continue;
    if (client.remote().address == socket_.remote().address)
      return Answer(*plan, heard_.substr(0, heard_.size() - 2));
  }
  server_.sim_.network_.judge().Accuse(
      absl::StrCat("an ident server was asked of nobody: ", heard_));
}

void BindSim::IdentServer::Connection::Answer(const Plan& plan, std::string_view ports) {
  std::string text(ports);
  switch (plan.honesty) {
    case Honesty::kConfirms:
      absl::StrAppend(&text, " : USERID : UNIX : ", plan.user(), "\r\n");
      break;
    case Honesty::kLies: absl::StrAppend(&text, " : USERID : UNIX : mallory\r\n"); break;
    case Honesty::kError: absl::StrAppend(&text, " : ERROR : HIDDEN-USER\r\n"); break;
    case Honesty::kGarbage: text.assign(1500, 'x'); break;
    case Honesty::kSilent: heard_.clear(); return;
    case Honesty::kCloses: text.clear(); break;
  }
  socket_.Write(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  socket_.Close();
  over_ = true;
}

// --- 1. The ground

BindSim::BindSim(uint64_t seed, bool verbose)
    : seed_(seed),
      network_(seed),
      dice_(network_.dice()),
      gateway_host_(network_.AddHost({At("10.0.0.1"), At("2001:db8::1")})) {
  network_.trace().set_verbose(verbose);
  for (int i = 0; i < 3; ++i) {
    client_hosts_.push_back(&network_.AddHost(
        {At(absl::StrCat("192.168.0.", 10 + i)), At(absl::StrCat("2001:db8:c::", 10 + i))}));
  }
  for (int i = 1; i <= 4; ++i) {
    peer_hosts_.push_back(&network_.AddHost(
        {At(absl::StrCat("203.0.113.", i)), At(absl::StrCat("2001:db8:7::", i))}));
    zone_[absl::StrCat("p", i - 1, ".test")] =
        SimName{NameAnswer::Status::kFound, peer_hosts_.back()->addresses(),
                absl::Milliseconds(static_cast<int64_t>(dice_.Between(0, 50))), absl::Minutes(1)};
  }
  PickGround();
  for (int id = 0, count = static_cast<int>(dice_.Skewed(1, 24)); id < count; ++id) PickPlan(id);
}

BindSim::~BindSim() = default;

void BindSim::PickGround() {
  if (dice_.Chance(0.8)) network_.SetFaults(SimFaults::Random(dice_));
  const SimFaults& faults = network_.faults();
  things_may_fail_ =
      faults.connect_ignored > 0 || faults.socket_refused > 0 || faults.connection_cut > 0;
  bind_time_out_ = absl::Milliseconds(static_cast<int64_t>(dice_.Between(4'000, 8'000)));
  ident_time_out_ = absl::Milliseconds(static_cast<int64_t>(dice_.Between(1'000, 3'000)));
  ident_required_ = dice_.Chance(0.5);
  any_peer_granted_ = dice_.Chance(0.5);
  ports_limited_ = dice_.Chance(0.5);
  SimGateway::Options options;
  options.shards = static_cast<int>(dice_.Between(1, 2));
  options.kernel.buffer_bytes = 4096;
  options.shard.seed = seed_;
  gateway_ = std::make_unique<SimGateway>(network_, gateway_host_, zone_, options);
  for (SimHost* host : client_hosts_) {
    ident_servers_.push_back(dice_.Chance(0.8) ? std::make_unique<IdentServer>(*this, *host)
                                               : nullptr);
  }
  const absl::Time start = network_.now();
  const auto sometime = [&] { return start + dice_.Between(absl::ZeroDuration(), kFaultsLast); };
  network_.clock().At(sometime(), [this] { network_.CalmDown(); });
  if (dice_.Chance(0.3)) {
    network_.clock().At(sometime(), [this] {
      if (!gateway_->Configure(ConfigText()).ok()) things_may_fail_ = true;
    });
  }
  if (dice_.Chance(0.2)) {
    things_may_fail_ = true;
    network_.clock().At(sometime(), [this] {
      gateway_->process().set_descriptors_max(gateway_->process().open() +
                                              static_cast<int>(dice_.Between(0, 3)));
      network_.clock().After(absl::Seconds(1),
                             [this] { gateway_->process().set_descriptors_max(1'000'000); });
    });
  }
  if (dice_.Chance(0.1)) {
    things_may_fail_ = true;
    network_.clock().At(sometime(), [this] { gateway_->gateway().Stop(); });
  }
}

std::string BindSim::ConfigText() const {
  return absl::StrCat("[socks]\nlisten = [\"any\"]\nport = ", kServicePort, "\nsocks4 = true\n",
                      ports_limited_ ? "bind_ports = \"20000-20063\"\n" : "",
                      "[timeouts]\nbind = \"", absl::ToInt64Milliseconds(bind_time_out_),
                      "ms\"\nident = \"", absl::ToInt64Milliseconds(ident_time_out_), "ms\"\n",
                      "[auth]\nident = \"", ident_required_ ? "require" : "off",
                      "\"\n[[rule]]\nname = \"all\"\ndestination = [\"any\"]\nverdict = "
                      "\"allow\"\nbind_any_peer = ",
                      any_peer_granted_ ? "true" : "false", "\n");
}

// --- 2. The plans

void BindSim::PickPlan(int id) {
  static constexpr Version kVersions[] = {Version::kSocks5, Version::kSocks5, Version::kSocks4,
                                          Version::kSocks4a};
  static constexpr Honesty kHonesties[] = {
      Honesty::kConfirms, Honesty::kConfirms, Honesty::kConfirms, Honesty::kLies,
      Honesty::kError,    Honesty::kGarbage,  Honesty::kSilent,   Honesty::kCloses};
  plans_.push_back(std::make_unique<Plan>());
  Plan& plan = *plans_.back();
  plan.id = id;
  plan.version = dice_.Pick(kVersions, 4);
  plan.client_host = client_hosts_[dice_.Between(0, client_hosts_.size() - 1)];
  plan.peer_host = peer_hosts_[dice_.Between(0, peer_hosts_.size() - 1)];
  plan.by_name = plan.version == Version::kSocks4a || (plan.socks5() && dice_.Chance(0.3));
  plan.any_peer = !plan.by_name && dice_.Chance(0.15);
  plan.peer_v4 = !plan.socks5() || plan.by_name || plan.any_peer || dice_.Chance(0.7);
  plan.peer_comes = dice_.Chance(0.8);
  if (!plan.any_peer && dice_.Chance(0.3)) plan.strangers = static_cast<int>(dice_.Between(1, 3));
  plan.pause = absl::Milliseconds(static_cast<int64_t>(dice_.Skewed(0, 200)));
  plan.leaves = dice_.Chance(0.1);
  plan.honesty = dice_.Pick(kHonesties, 8);
  plan.client_habits.send_bytes = dice_.Skewed(0, 50'000);
  plan.peer_habits.send_bytes = dice_.Skewed(0, 50'000);
  for (SimHabits* habits : {&plan.client_habits, &plan.peer_habits}) {
    habits->pace_max = absl::Microseconds(static_cast<int64_t>(dice_.Skewed(0, 20'000)));
    if (dice_.Chance(0.08)) habits->reset_at = dice_.Skewed(0, 20'000);
    if (dice_.Chance(0.08)) habits->close_at = dice_.Skewed(0, 20'000);
  }
  WriteScript(plan);
  // An early FIN would be its leaving.
  plan.client_habits.fin_waits_for_fin = plan.script.optimistic;
  network_.clock().At(network_.now() + dice_.Between(absl::ZeroDuration(), kClientsComeWithin),
                      [this, &plan] { Start(plan); });
}

void BindSim::WriteScript(Plan& plan) {
  SimScript& script = plan.script;
  script.bind = true;
  script.socks5 = plan.socks5();
  script.optimistic = dice_.Chance(0.3);
  if (dice_.Chance(0.1)) script.after = SimScript::After::kFin;
  const auto peer =
      std::find(peer_hosts_.begin(), peer_hosts_.end(), plan.peer_host) - peer_hosts_.begin();
  const std::string name = absl::StrCat("p", peer, ".test");
  const Address address = plan.any_peer ? At("0.0.0.0") : plan.peer_address();
  const uint16_t port = static_cast<uint16_t>(kFirstPort + plan.id);
  const Bytes port_bytes = {static_cast<uint8_t>(port >> 8), static_cast<uint8_t>(port)};
  Bytes request;
  if (plan.socks5()) {
    request = {5, 2, 0, static_cast<uint8_t>(plan.by_name ? 3 : address.is_v4() ? 1 : 4)};
    if (plan.by_name) {
      request.push_back(static_cast<uint8_t>(name.size()));
      Append(&request, name);
    } else {
      AppendAddress(&request, address);
    }
    request.insert(request.end(), port_bytes.begin(), port_bytes.end());
    script.says = {{{5, 1, 0}, 0}, {request, dice_.Chance(0.5) ? size_t{2} : size_t{0}}};
    return;
  }
  request = {4, 2, port_bytes[0], port_bytes[1]};
  AppendAddress(&request, plan.by_name ? At("0.0.0.1") : address);
  Append(&request, plan.user());
  request.push_back(0);
  if (plan.by_name) {
    Append(&request, name);
    request.push_back(0);
  }
  script.says = {{request, 0}};
}

void BindSim::Start(Plan& plan) {
  SimSocket& socket = network_.NewSocket(*plan.client_host);
  plan.client = std::make_unique<SimClient>(network_, socket, absl::StrCat("client ", plan.id),
                                            plan.client_habits, Key(plan.id, /*up=*/true),
                                            Key(plan.id, /*up=*/false), plan.script);
  plan.client->set_on_listening([this, &plan](const Endpoint& told) { OnListening(plan, told); });
  const bool v4 = plan.any_peer || dice_.Chance(0.7);
  socket.Connect(Endpoint{gateway_host_.addresses()[v4 ? 0 : 1], kServicePort});
  plan.client->Wake();
}

// --- 3. Who comes

void BindSim::OnListening(Plan& plan, const Endpoint& told) {
  SendCallersAwayFrom(told);
  plan.told = told;
  if (told.address.is_unspecified() || told.port == 0 ||
      told.address != gateway_host_.addresses()[told.address.is_v4() ? 0 : 1]) {
    Accuse(plan, absl::StrCat("a peer is told to come to ", told.ToString()));
  }
  if (ports_limited_ && (told.port < 20'000 || told.port > 20'063))
    Accuse(plan, "the port is not of the range");
  absl::Duration after = plan.pause;
  for (int i = 0; i < plan.strangers; ++i, after += plan.pause) {
    SimHost* host = plan.peer_host;
    while (host == plan.peer_host) host = peer_hosts_[dice_.Between(0, peer_hosts_.size() - 1)];
    network_.clock().After(
        after, [this, &plan, host, told] { Call(plan, *host, told, /*stranger=*/true); });
  }
  if (plan.peer_comes) {
    network_.clock().After(
        after, [this, &plan, told] { Call(plan, *plan.peer_host, told, /*stranger=*/false); });
  }
  if (plan.leaves) {
    network_.clock().After(dice_.Between(absl::ZeroDuration(), absl::Seconds(1)),
                           [&plan] { plan.client->Reset(); });
  }
}

// A port is used again. Who still tries to reach the BIND that had it before would be the next
// one's peer, and nobody could tell.
void BindSim::SendCallersAwayFrom(const Endpoint& told) {
  const auto send_away = [](SimPeer* peer) {
    if (peer != nullptr && peer->socket().connecting()) peer->Reset();
  };
  for (const auto& plan : plans_) {
    if (plan->told != told) continue;
    plan->told = Endpoint();
    send_away(plan->peer.get());
    for (const auto& stranger : plan->strangers_here) send_away(stranger.get());
  }
}

void BindSim::Call(Plan& plan, SimHost& host, const Endpoint& to, bool stranger) {
  if (plan.told != to) return;
  SimSocket& socket = network_.NewSocket(host);
  SimHabits habits = plan.peer_habits;
  if (stranger) {
    habits = SimHabits();
    habits.send_bytes = 100;
  }
  auto peer = std::make_unique<SimPeer>(
      network_, socket, absl::StrCat(stranger ? "stranger at client " : "peer of client ", plan.id),
      habits, Key(plan.id, /*up=*/false), Key(plan.id, /*up=*/true));
  socket.Connect(to);
  peer->Wake();
  if (stranger) {
    plan.strangers_here.push_back(std::move(peer));
  } else {
    plan.peer = std::move(peer);
  }
}

// --- 4. The verdict

bool BindSim::AllOver() const {
  for (const auto& plan : plans_) {
    if (plan->client == nullptr || !plan->client->done()) return false;
  }
  return gateway_->stopped() || gateway_->sessions_open() == 0;
}

SimReport BindSim::Run() {
  SimReport report;
  report.seed = seed_;
  report.story = "bind";
  if (const absl::Status status = gateway_->Configure(ConfigText()); !status.ok()) {
    network_.judge().Accuse(status.ToString());
  } else {
    const absl::Time end = network_.now() + kLimit;
    gateway_->RunUntil(end, [this] { return AllOver(); });
    if (network_.now() >= end) network_.judge().Accuse("sessions do not come to their end");
    gateway_->gateway().Drain();
    gateway_->RunUntil(network_.now() + absl::Minutes(1), [this] { return gateway_->stopped(); });
    if (!gateway_->stopped() && !network_.judge().condemned())
      network_.judge().Accuse("the gateway does not drain");
    // what is still on the wires arrives
    network_.clock().AdvanceTo(network_.now() + absl::Minutes(1));
    report.counters = gateway_->gateway().Count();
    report.sessions = gateway_->records().size();
    for (const auto& plan : plans_) {
      if (!network_.judge().condemned()) Judge(*plan, &report);
    }
    if (gateway_->stopped()) gateway_->Audit();
  }
  report.accusations = network_.judge().accusations();
  report.trace_hash = network_.trace().hash();
  report.events = network_.clock().events_happened();
  if (!report.accusations.empty()) report.last_events = network_.trace().Last(60);
  return report;
}

void BindSim::Accuse(const Plan& plan, const std::string& what) {
  const AccessRecord* record = RecordOf(plan);
  std::string text =
      absl::StrCat(what, "\n    client ", plan.id, " version ", static_cast<int>(plan.version),
                   plan.by_name ? " by name" : "", plan.any_peer ? " any peer" : "",
                   plan.peer_comes ? "" : ", nobody comes", ", strangers ", plan.strangers,
                   plan.leaves ? ", leaves" : "", ", honesty ", static_cast<int>(plan.honesty));
  if (record != nullptr)
    text.append("\n    ").append(ToString(record->state)).append(": ").append(record->why);
  network_.judge().Accuse(text);
}

const AccessRecord* BindSim::RecordOf(const Plan& plan) const {
  if (plan.client == nullptr) return nullptr;
  for (const AccessRecord& record : gateway_->records()) {
    if (record.client == plan.client->socket().local()) return &record;
  }
  return nullptr;
}

bool BindSim::Disturbed(const Plan& plan) const {
  if (things_may_fail_ || plan.leaves || plan.client->left_early() ||
      plan.client->socket().was_cut())
    return true;
  return plan.peer != nullptr && (plan.peer->left_early() || plan.peer->socket().was_cut());
}

void BindSim::Judge(const Plan& plan, SimReport* report) {
  const AccessRecord* record = RecordOf(plan);
  for (const auto& stranger : plan.strangers_here) {
    if (stranger->got() > 0) Accuse(plan, "a stranger got bytes");
  }
  if (record == nullptr) {
    if (!plan.client->replies().empty())
      Accuse(plan, "a client was answered, but there is no access record of it");
    return;
  }
  if (record->ended_by == EndedBy::kNobody || record->why.empty()) Accuse(plan, "nobody ended it");
  if (record->ended_by == EndedBy::kTimeout) ++report->timed_out;
  if (record->ended_by == EndedBy::kPolicy) ++report->refused;
  if (plan.client->succeeded()) return JudgeSuccess(plan, *record, report);
  if (!Disturbed(plan)) JudgeFailure(plan, *record);
}

void BindSim::JudgeSuccess(const Plan& plan, const AccessRecord& record, SimReport* report) {
  const SimClient& client = *plan.client;
  ++report->tunnels;
  if (plan.peer == nullptr || record.target != plan.peer->socket().local()) {
    return Accuse(plan,
                  absl::StrCat("the tunnel is to ", record.target.ToString(), ", not to the peer"));
  }
  if (plan.socks5() && client.bound() != record.target)
    Accuse(plan, "the second reply names another peer than the record");
  if (plan.any_peer && !any_peer_granted_) Accuse(plan, "any peer was let in, but not granted");
  if (!plan.socks5() && ident_required_ && plan.honesty != Honesty::kConfirms)
    Accuse(plan, "nobody confirmed who it is");
  if (plan.peer->got() > client.sent() || client.got() > plan.peer->sent())
    Accuse(plan, "more arrived than was sent");
  if (Disturbed(plan) || plan.script.after == SimScript::After::kFin) return;
  if (!client.saw_fin() || !plan.peer->saw_fin() || plan.peer->got() != client.sent() ||
      client.got() != plan.peer->sent() || client.sent() != plan.client_habits.send_bytes ||
      plan.peer->sent() != plan.peer_habits.send_bytes) {
    Accuse(plan,
           absl::StrCat("an undisturbed tunnel did not carry everything: up ", plan.peer->got(),
                        " of ", client.sent(), ", down ", client.got(), " of ", plan.peer->sent()));
  }
  ++report->complete;
}

// Of a session in which nothing went wrong by itself: it failed because its story says so.
void BindSim::JudgeFailure(const Plan& plan, const AccessRecord& record) {
  const SimClient& client = *plan.client;
  // Who pours in more than is read and dropped loses the reply to a reset.
  const bool pours =
      plan.script.optimistic && plan.client_habits.send_bytes > limits::kHandshakeReceiveBytes;
  if (!client.answered()) {
    if (!pours) Accuse(plan, "a request was not answered");
    return;
  }
  const size_t host =
      static_cast<size_t>(std::find(client_hosts_.begin(), client_hosts_.end(), plan.client_host) -
                          client_hosts_.begin());
  const bool asked = !plan.socks5() && ident_required_;
  uint8_t code = 0x5B;
  if (plan.any_peer && !any_peer_granted_) {
    if (plan.socks5()) code = 2;
  } else if (asked && ident_servers_[host] == nullptr) {
    code = 0x5C;
  } else if (asked && plan.honesty != Honesty::kConfirms) {
    code = plan.honesty == Honesty::kLies ? 0x5D : 0x5C;
  } else if (plan.script.after == SimScript::After::kFin) {
    if (plan.socks5()) code = 1;
  } else if (!plan.socks5() && plan.strangers > 0) {
    if (plan.strangers_here.empty()) Accuse(plan, "it failed before a stranger came");
  } else if (!plan.peer_comes) {
    if (plan.socks5()) code = 6;
    if (record.ended_by != EndedBy::kTimeout || record.state != SessionState::kPeer ||
        record.duration < bind_time_out_) {
      Accuse(plan, "nobody came, but it did not time out");
    }
  } else {
    return Accuse(plan,
                  absl::StrCat("a BIND failed with ", client.code(), " although its peer came"));
  }
  if (client.code() != code)
    Accuse(plan, absl::StrCat("a BIND failed with ", client.code(), " instead of ", code));
}

SimReport RunBindSeed(uint64_t seed, bool verbose) {
  const SeedOnCrash on_crash(seed, "bind");
  return BindSim(seed, verbose).Run();
}

}  // namespace sluice
