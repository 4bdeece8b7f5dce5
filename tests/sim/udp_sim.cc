// A seed's story:
//   1. The ground: faults, targets, names, the first rules.
//   2. Clients associate when their time has come, and send what they have planned; targets echo; a
//      stranger pushes in.
//   3. The rules change in the middle. Control connections end by FIN, by reset, or not at all:
//      then by the idle time-out.
//   4. Everything has come to its end; what was counted is compared with what was received.

#include "tests/sim/udp_sim.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "proto/udp_header.h"
#include "tests/sim/transcript_peer.h"
#include "tests/transcripts/transcript.h"

namespace sluice {
namespace {

constexpr int kClients = 10;
constexpr int kTargetHosts = 3;
constexpr uint16_t kOwnPort = 5000;
constexpr uint16_t kOtherPort = 5001;
constexpr size_t kBytesMax = 1500;
constexpr absl::Duration kLimit = absl::Hours(1);

Address At(const std::string& text) { return *Address::Parse(text); }

std::string TextOf(const SimDatagram& datagram) {
  return {datagram.bytes.begin(), datagram.bytes.end()};
}

}  // namespace

// --- A client

class UdpSim::Client final : public TranscriptPeer {
 public:
  Client(UdpSim& sim, size_t index, SimSocket& socket)
      : TranscriptPeer(sim.network_, socket),
        sim_(sim),
        index_(index),
        host_(*sim.client_hosts_[index % sim.client_hosts_.size()]) {
    own_ = OpenAt(static_cast<uint16_t>(kOwnPort + 10 * index));
    other_ = OpenAt(static_cast<uint16_t>(kOtherPort + 10 * index));
  }

  void Start() {
    socket().Connect(Endpoint{sim_.gateway_host_.addresses()[0], 1080});
    Say(std::string("\5\1\0\5\3\0\1\0\0\0\0\0\0", 13));
    Wake();
  }

  bool Owns(const Endpoint& end) const { return end == own_->at() || end == other_->at(); }
  SimDatagramSocket& own() { return *own_; }
  absl::Time sent_at(size_t number) const {
    return number < sent_at_.size() ? sent_at_[number] : absl::InfiniteFuture();
  }
  // By address, and not bad.
  uint64_t must_come_back() const { return must_come_back_; }
  bool disturbed() const { return disturbed_ || socket_was_cut(); }

 private:
  SimDatagramSocket* OpenAt(uint16_t port) {
    int error = 0;
    return sim_.network_.OpenDatagramSocket(host_, Endpoint{host_.addresses()[0], port}, "",
                                            &error);
  }
  bool socket_was_cut() const { return const_cast<Client*>(this)->socket().was_cut(); }

  void OnStep() override {
    if (associated_ || heard().size() < 12) return;
    associated_ = true;
    relay_ = BoundIn(heard());
    if (relay_.port == 0) return Leave();
    absl::Duration at;
    for (uint64_t left = sim_.dice_.Skewed(1, 40); left > 0; --left) {
      // Bursts, and pauses between them.
      if (sim_.dice_.Chance(0.3))
        at += sim_.dice_.Between(absl::ZeroDuration(), absl::Milliseconds(800));
      Later(at, [this] { SayOne(); });
    }
    at += sim_.dice_.Between(absl::ZeroDuration(), absl::Seconds(2));
    if (sim_.calm_) at += absl::Seconds(1);
    const uint64_t end = sim_.dice_.Between(0, 2);
    if (end < 2) Later(at, [this, end] { end == 0 ? Leave() : Reset(); });
  }
  void Leave() {
    if (!closed()) SayFin();
  }
  void Later(absl::Duration after, std::function<void()> what) {
    sim_.network_.clock().After(after, std::move(what));
  }

  void SayOne() {
    Dice& dice = sim_.dice_;
    const size_t target = dice.Between(0, sim_.targets_.size() - 1);
    const Endpoint& to = sim_.targets_[target];
    const uint64_t roll = dice.Between(1, 100);
    if (roll <= 20) return SayBad(to, roll);
    std::string header;
    if (roll <= 40) {
      const std::string name = roll <= 22 ? "missing.test" : absl::StrCat("n", target, ".test");
      header =
          absl::StrCat(std::string("\0\0\0\3", 4), std::string(1, static_cast<char>(name.size())),
                       name, std::string(1, static_cast<char>(to.port >> 8)),
                       std::string(1, static_cast<char>(to.port)));
    } else {
      UdpHeader::Written written;
      const size_t size = UdpHeader::Write(to, written);
      header.assign(written.begin(), written.begin() + static_cast<ptrdiff_t>(size));
      if (!closed()) ++must_come_back_;
    }
    std::string data = absl::StrCat("c", index_, ".", sent_at_.size(), ".", target, ".");
    sent_at_.push_back(sim_.network_.now());
    if (dice.Chance(0.3)) size_ = dice.Skewed(1, kBytesMax);
    data.resize(std::max(data.size(), size_), 'x');
    TranscriptDatagrams::Send(*own_, relay_, header + data);
  }

  void SayBad(const Endpoint& to, uint64_t roll) {
    UdpHeader::Written written;
    const size_t size = UdpHeader::Write(to, written);
    std::string bad(written.begin(), written.begin() + static_cast<ptrdiff_t>(size));
    bad += "BAD";
    SimDatagramSocket* from = own_;
    if (roll <= 5) {
      bad[2] = static_cast<char>(sim_.dice_.Between(1, 255));
    } else if (roll <= 10) {
      bad.resize(sim_.dice_.Between(0, size - 1));
    } else if (roll <= 14) {
      bad[3] = '\x7f';
    } else if (roll <= 17) {
      from = sim_.target_sockets_.front();  // as if a target knew the client's side
    } else {
      // A valid one of another port: the first to come settles it.
      from = other_;
      bad.resize(size);
      absl::StrAppend(&bad, "c", index_, ".", sent_at_.size(), ".", IndexOf(to), ".");
      sent_at_.push_back(sim_.network_.now());
      disturbed_ = true;
    }
    TranscriptDatagrams::Send(*from, relay_, bad);
  }
  size_t IndexOf(const Endpoint& to) const {
    return static_cast<size_t>(std::find(sim_.targets_.begin(), sim_.targets_.end(), to) -
                               sim_.targets_.begin());
  }

  UdpSim& sim_;
  const size_t index_;
  SimHost& host_;
  SimDatagramSocket* own_ = nullptr;
  SimDatagramSocket* other_ = nullptr;
  Endpoint relay_;
  bool associated_ = false;
  bool disturbed_ = false;
  size_t size_ = 20;
  uint64_t must_come_back_ = 0;
  std::vector<absl::Time> sent_at_;  // by number
};

// --- 1. The ground

UdpSim::UdpSim(uint64_t seed)
    : network_(seed),
      dice_(network_.dice()),
      calm_(dice_.Chance(0.2)),
      gateway_host_(network_.AddHost({At("10.0.0.1"), At("2001:db8::1")})),
      stranger_host_(network_.AddHost({At("192.168.0.66")})) {
  for (int i = 0; i < 3; ++i)
    client_hosts_.push_back(&network_.AddHost({At(absl::StrCat("192.168.0.", 10 + i))}));
  if (!calm_) network_.SetFaults(SimFaults::Random(dice_));
  PlaceTargets();
  PickEra();
  SimGateway::Options options;
  options.kernel.buffers = static_cast<int>(dice_.Skewed(4, 64));
  options.shard.associations_max = calm_ ? 1000 : static_cast<int>(dice_.Between(3, 1000));
  gateway_ = std::make_unique<SimGateway>(network_, gateway_host_, zone_, options);
}

UdpSim::~UdpSim() = default;

void UdpSim::PlaceTargets() {
  for (int i = 0; i < kTargetHosts; ++i) {
    const Address v4 = At(absl::StrCat("203.0.113.", 1 + i));
    const Address v6 = At(absl::StrCat("2001:db8:7::", 1 + i));
    SimHost& host = network_.AddHost({v4, v6});
    for (const Address& address : {v4, v6}) {
      const size_t target = targets_.size();
      targets_.push_back(Endpoint{address, static_cast<uint16_t>(7000 + target)});
      people_.push_back(
          std::make_unique<TranscriptDatagrams>(network_, [this, target] { ServeTarget(target); }));
      target_sockets_.push_back(&people_.back()->Open(host, targets_.back()));
      SimName& name = zone_[absl::StrCat("n", target, ".test")];
      name.addresses = {address};
      if (dice_.Chance(0.7))
        name.answered_after = absl::Milliseconds(static_cast<int64_t>(dice_.Skewed(1, 300)));
    }
  }
}

void UdpSim::PickEra() {
  Era era{network_.now(), {}};
  for (const Endpoint& target : targets_) {
    if (!calm_ && dice_.Chance(0.3)) era.denied.insert(target.address);
  }
  eras_.push_back(std::move(era));
}

std::string UdpSim::Config() const {
  std::string config =
      "[socks]\nlisten = [\"10.0.0.1\"]\nport = 1080\n[timeouts]\nudp_idle = \"5s\"\n";
  for (const Address& denied : eras_.back().denied) {
    absl::StrAppend(&config, "[[rule]]\nname = \"not ", denied.ToString(), "\"\ndestination = [\"",
                    denied.ToString(), "\"]\n");
  }
  return config + "[[rule]]\nname = \"rest\"\nverdict = \"allow\"\n";
}

// --- 2. Traffic

void UdpSim::ServeTarget(size_t target) {
  SimDatagramSocket& socket = *target_sockets_[target];
  std::string bytes;
  Endpoint from;
  while (TranscriptDatagrams::Take(socket, &bytes, &from)) {
    TranscriptDatagrams::Send(socket, from, absl::StrCat("!", bytes));
    if (!calm_ && dice_.Chance(0.05)) {
      int error = 0;
      SimDatagramSocket* stranger =
          network_.OpenDatagramSocket(stranger_host_, Endpoint{At("192.168.0.66"), 0}, "", &error);
      if (from.address.is_v4()) TranscriptDatagrams::Send(*stranger, from, "BAD");
      stranger->Close();
    }
  }
}

void UdpSim::OnDatagramOut(const SimDatagram& datagram) {
  const bool to_client =
      std::any_of(client_hosts_.begin(), client_hosts_.end(),
                  [&](const SimHost* host) { return host->Has(datagram.to.address); });
  to_client ? JudgeDown(datagram) : JudgeUp(datagram);
}

bool UdpSim::WasAllowed(const Address& target, absl::Time sent) const {
  for (size_t i = 0; i < eras_.size(); ++i) {
    const absl::Time until = i + 1 < eras_.size() ? eras_[i + 1].since : absl::InfiniteFuture();
    if (until >= sent && !eras_[i].denied.contains(target)) return true;
  }
  return false;
}

void UdpSim::JudgeUp(const SimDatagram& datagram) {
  // "c<client>.<number>.<target>."
  const std::string text = TextOf(datagram);
  const std::vector<std::string> parts = absl::StrSplit(text, '.');
  size_t client = 0;
  size_t number = 0;
  size_t target = 0;
  const bool tagged = parts.size() >= 4 && parts[0].size() > 1 && parts[0][0] == 'c' &&
                      absl::SimpleAtoi(parts[0].substr(1), &client) &&
                      absl::SimpleAtoi(parts[1], &number) && absl::SimpleAtoi(parts[2], &target);
  if (!tagged || client >= clients_.size() || target >= targets_.size()) {
    return network_.judge().Accuse(absl::StrCat("a datagram that no client meant went to ",
                                                datagram.to.ToString(), ": ", text));
  }
  if (datagram.to != targets_[target]) {
    network_.judge().Accuse(absl::StrCat("a datagram for ", targets_[target].ToString(),
                                         " went to ", datagram.to.ToString()));
  }
  const absl::Time sent = clients_[client]->sent_at(number);
  if (sent == absl::InfiniteFuture() || !WasAllowed(datagram.to.address, sent)) {
    network_.judge().Accuse(
        absl::StrCat("a datagram went to ", datagram.to.ToString(), ", which no rule allowed"));
  }
}

void UdpSim::JudgeDown(const SimDatagram& datagram) {
  const auto header = UdpHeader::Parse(datagram.bytes);
  const std::string data = header ? TextOf(datagram).substr(header->size) : "";
  const std::vector<std::string> parts = absl::StrSplit(data, '.');
  size_t client = 0;
  size_t target = 0;
  const bool tagged = parts.size() >= 4 && data.starts_with("!c") &&
                      absl::SimpleAtoi(parts[0].substr(2), &client) &&
                      absl::SimpleAtoi(parts[2], &target) && client < clients_.size() &&
                      target < targets_.size();
  if (!tagged || Endpoint{header->address, header->port} != targets_[target] ||
      !clients_[client]->Owns(datagram.to)) {
    return network_.judge().Accuse(absl::StrCat("a client at ", datagram.to.ToString(),
                                                " was sent what no target said to it: ", data));
  }
  const auto [end, first] = client_ends_.emplace(datagram.from, datagram.to);
  if (!first && end->second.address == datagram.to.address && end->second != datagram.to) {
    network_.judge().Accuse(
        absl::StrCat("the answers of one association go to two ports of ", datagram.to.ToString()));
  }
  ++echoes_;
}

// --- 3. The run

std::vector<std::string> UdpSim::Run() {
  network_.set_datagram_observer([this](SimHost& host, const SimDatagram& datagram) {
    if (&host == &gateway_host_) OnDatagramOut(datagram);
  });
  const auto configure = [this] {
    if (const absl::Status status = gateway_->Configure(Config()); !status.ok())
      network_.judge().Accuse(status.ToString());
  };
  configure();
  for (size_t i = 0; i < kClients; ++i) {
    clients_.push_back(std::make_unique<Client>(
        *this, i, network_.NewSocket(*client_hosts_[i % client_hosts_.size()])));
    network_.clock().After(dice_.Between(absl::ZeroDuration(), absl::Seconds(2)),
                           [this, i] { clients_[i]->Start(); });
  }
  gateway_->RunUntil(network_.now() + dice_.Between(absl::Seconds(1), absl::Seconds(3)),
                     [] { return false; });
  PickEra();
  configure();
  gateway_->RunUntil(network_.now() + absl::Seconds(5), [] { return false; });
  network_.CalmDown();
  gateway_->RunUntil(network_.now() + kLimit, [this] { return gateway_->sessions_open() == 0; });
  for (const auto& client : clients_) client->Close();
  gateway_->gateway().Drain();
  gateway_->RunUntil(network_.now() + absl::Minutes(5), [this] { return gateway_->stopped(); });
  if (!gateway_->stopped() && !network_.judge().condemned())
    network_.judge().Accuse("the gateway does not drain");
  if (!network_.judge().condemned()) JudgeCounts();
  counters_ = gateway_->gateway().Count();
  if (gateway_->stopped()) gateway_->Audit();
  network_.set_datagram_observer(nullptr);
  return network_.judge().accusations();
}

// --- 4. What was counted

void UdpSim::JudgeCounts() {
  const Counters::Totals counters = gateway_->gateway().Count();
  const uint64_t dropped =
      counters.datagrams_dropped_sender + counters.datagrams_dropped_fragment +
      counters.datagrams_dropped_malformed + counters.datagrams_dropped_denied +
      counters.datagrams_dropped_unresolved + counters.datagrams_dropped_unsolicited +
      counters.datagrams_dropped_egress + counters.datagrams_dropped_unsent;
  const uint64_t received = gateway_->kernels()[0]->datagrams_received();
  if (received != counters.datagrams_up + counters.datagrams_down + dropped) {
    network_.judge().Accuse(
        absl::StrCat(received, " datagrams were received, ", counters.datagrams_up, " relayed up, ",
                     counters.datagrams_down, " down, and ", dropped, " dropped"));
  }
  uint64_t recorded = 0;
  for (const AccessRecord& record : gateway_->records()) {
    recorded += record.datagrams_up + record.datagrams_down + record.datagrams_dropped;
  }
  if (recorded != received)
    network_.judge().Accuse(
        absl::StrCat("the records have ", recorded, " of ", received, " datagrams"));
  if (gateway_->records().size() != counters.sessions_accepted)
    network_.judge().Accuse("not every session has one record");
  if (!calm_) return;
  for (size_t i = 0; i < clients_.size(); ++i) {
    uint64_t heard = 0;
    for (const SimDatagram& datagram : clients_[i]->own().arrived())
      heard += datagram.bytes[3] == 1 || datagram.bytes[3] == 4;
    if (!clients_[i]->disturbed() && heard < clients_[i]->must_come_back()) {
      network_.judge().Accuse(absl::StrCat("client ", i, " heard ", heard, " answers to ",
                                           clients_[i]->must_come_back(),
                                           " datagrams, and nothing was in the way"));
    }
  }
}

}  // namespace sluice
