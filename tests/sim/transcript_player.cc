// A transcript is played so:
//   1. PlaceTargets: each target gets a host and a port; names go into the zone.
//   2. Play: the gateway starts with the transcript's policy; the Client takes the steps one by
//      one.
//   3. The client closes, every session ends, and JudgeAftermath asks the targets what they have
//      seen.

#include "tests/sim/transcript_player.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/sim/transcript_datagrams.h"

namespace sluice {
namespace {

using Kind = TranscriptStep::Kind;

constexpr uint16_t kServicePort = 1080;
constexpr uint16_t kFirstTargetPort = 7000;
constexpr absl::Duration kPatience = absl::Minutes(5);
// How long a connection that stays open is watched.
constexpr absl::Duration kStaysOpen = absl::Seconds(1);
// Byte by byte: each is on its own when it arrives. A megabyte has better things to do.
constexpr absl::Duration kBytePause = absl::Milliseconds(2);
constexpr int kBytesAlone = 1200;

// Datagrams overtake each other when they follow too closely.
constexpr absl::Duration kDatagramPause = absl::Milliseconds(50);

Address At(const std::string& text) { return *Address::Parse(text); }

}  // namespace

// --- A target

class TranscriptPlayer::Target final : private SimListener::Watcher {
 public:
  Target(SimNetwork& network, const TranscriptTarget& target, const Stage& stage)
      : network_(network), target_(target), stage_(stage) {}

  void LiveOn(SimHost& host) { host_ = &host; }
  SimHost& host() { return *host_; }
  // A connection of its own.
  void Adopt(SimSocket& socket) {
    connections_.push_back(std::make_unique<Connection>(network_, socket, target_, stage_));
    connections_.back()->Wake();
  }

  void ListenAt(SimHost& host, const Endpoint& at) {
    network_.Listen(host, at, 16)->set_watcher(this);
    sockets_.push_back(&datagrams_.Open(host, at));
    if (target_.behaviour != TargetBehaviour::kEchoesAndIntrudes) return;
    intruders_.push_back(&datagrams_.Open(host, Endpoint{at.address, 0}));
  }

  class Connection final : public TranscriptPeer {
   public:
    Connection(SimNetwork& network, SimSocket& socket, const TranscriptTarget& target,
               const Stage& stage)
        : TranscriptPeer(network, socket), target_(target), stage_(stage) {}

   private:
    void OnStep() override;

    const TranscriptTarget& target_;
    const Stage& stage_;
    size_t echoed_ = 0;
    bool greeted_ = false;
    bool said_fin_ = false;
  };

  const TranscriptTarget& target() const { return target_; }
  const std::vector<std::unique_ptr<Connection>>& connections() const { return connections_; }
  const std::vector<std::string>& datagrams() const { return heard_datagrams_; }
  bool over() const {
    for (const auto& connection : connections_) {
      if (!connection->closed() && connection->end() == TranscriptPeer::End::kNone) return false;
    }
    return true;
  }

 private:
  void OnListenerChange(SimListener& listener) override {
    network_.clock().After(absl::ZeroDuration(), [this, &listener] {
      while (listener.has_waiting()) Adopt(listener.Take());
    });
  }

  void OnDatagrams();

  SimNetwork& network_;
  const TranscriptTarget& target_;
  const Stage& stage_;
  SimHost* host_ = nullptr;
  std::vector<std::unique_ptr<Connection>> connections_;
  TranscriptDatagrams datagrams_{network_, [this] { OnDatagrams(); }};
  std::vector<SimDatagramSocket*> sockets_;
  std::vector<SimDatagramSocket*> intruders_;  // beside each of them, or none
  std::vector<std::string> heard_datagrams_;
};

void TranscriptPlayer::Target::OnDatagrams() {
  for (size_t i = 0; i < sockets_.size(); ++i) {
    std::string bytes;
    Endpoint from;
    while (TranscriptDatagrams::Take(*sockets_[i], &bytes, &from)) {
      heard_datagrams_.push_back(bytes);
      if (target_.behaviour == TargetBehaviour::kSinks) continue;
      if (!intruders_.empty()) TranscriptDatagrams::Send(*intruders_[i], from, bytes);
      const absl::Duration after = intruders_.empty() ? absl::ZeroDuration() : kDatagramPause;
      network_.clock().After(after, [from, bytes, socket = sockets_[i]] {
        TranscriptDatagrams::Send(*socket, from, bytes);
      });
    }
  }
}

void TranscriptPlayer::Target::Connection::OnStep() {
  const TargetBehaviour behaviour = target_.behaviour;
  const bool greets =
      behaviour == TargetBehaviour::kGreets || behaviour == TargetBehaviour::kGreetsAndCloses;
  const bool answers = (behaviour == TargetBehaviour::kAnswersFin && end() == End::kFin) ||
                       (behaviour == TargetBehaviour::kAnswersIdent && heard().ends_with('\n'));
  if (!greeted_ && (greets || answers)) {
    greeted_ = true;
    Say(target_.says.Expand(stage_).bytes);
  }
  const bool echoes =
      behaviour == TargetBehaviour::kEchoes || behaviour == TargetBehaviour::kEchoesAndIntrudes;
  if (echoes && echoed_ < heard().size()) {
    Say(std::string_view(heard()).substr(echoed_));
    echoed_ = heard().size();
  }
  if (behaviour == TargetBehaviour::kResetsAfter && heard().size() >= target_.bytes) return Reset();
  const bool fin_due = behaviour == TargetBehaviour::kGreetsAndCloses || end() == End::kFin;
  if (fin_due && !said_fin_ && all_said()) {
    said_fin_ = true;
    SayFin();
  }
}

// --- The client

class TranscriptPlayer::Client final : public TranscriptPeer {
 public:
  // What connects a target to an address; a refused attempt is nobody's connection.
  using ConnectPeer = std::function<SimSocket&(const TranscriptStep& step, const Endpoint& to)>;

  Client(SimNetwork& network, SimHost& host, SimSocket& socket, const Transcript& transcript,
         const Stage& stage, Delivery delivery, ConnectPeer connect_peer)
      : TranscriptPeer(network, socket),
        network_(network),
        transcript_(transcript),
        stage_(stage),
        waits_(delivery == Delivery::kStepByStep || transcript.paced),
        connect_peer_(std::move(connect_peer)),
        expected_(ServerStreamOn(transcript, stage)),
        own_(datagrams_.Open(host, Endpoint{host.addresses()[0], 0})),
        other_(datagrams_.Open(host, Endpoint{host.addresses()[0], 0})) {
    if (delivery == Delivery::kByteByByte) SayInPieces(1, kBytePause, kBytesAlone);
  }

  bool finished() const { return step_ == transcript_.steps.size() || !fault_.empty(); }
  // Empty: everything went as it is written.
  std::string fault() const {
    if (!fault_.empty()) return fault_;
    if (step_ == transcript_.steps.size()) return "";
    return absl::StrCat("line ", transcript_.steps[step_].line, ": what must come does not; heard ",
                        HexOf(heard()), ", expected ", expected_.ToString());
  }

 private:
  void OnStep() override;
  // False where it must be waited for.
  bool Take(const TranscriptStep& step);
  bool TakeDatagram(const TranscriptStep& step);
  bool PeerCame(const TranscriptStep& step);
  bool Ended(End expected, const TranscriptStep& step);
  void Fault(const TranscriptStep& step, const std::string& what) {
    fault_ = absl::StrCat("line ", step.line, ": ", what, "; heard ", HexOf(heard()), ", expected ",
                          expected_.ToString());
  }

  SimNetwork& network_;
  const Transcript& transcript_;
  const Stage& stage_;
  const bool waits_;  // for the answers, before it says more
  const ConnectPeer connect_peer_;
  const WirePattern expected_;
  TranscriptDatagrams datagrams_{network_, [this] { Wake(); }};
  SimDatagramSocket& own_;
  SimDatagramSocket& other_;
  absl::Time next_datagram_ = absl::InfinitePast();
  size_t step_ = 0;
  size_t due_ = 0;               // bytes that the server has to say before the next step
  std::vector<size_t> replies_;  // where in these each step of the server begins
  SimSocket* peer_ = nullptr;
  absl::Time open_until_ = absl::InfinitePast();
  std::string fault_;
};

void TranscriptPlayer::Client::OnStep() {
  while (!finished()) {
    const TranscriptStep& step = transcript_.steps[step_];
    std::string_view said = heard();
    // Whoever leaves without waiting may be answered while it does.
    if (step.kind == Kind::kClientReset) said = said.substr(0, expected_.size());
    if (!expected_.MatchesSoFar(said)) return Fault(step, "the server said something else");
    if (!Take(step)) return;
    if (fault_.empty()) ++step_;
  }
}

bool TranscriptPlayer::Client::Take(const TranscriptStep& step) {
  const bool answered = heard().size() >= due_;
  switch (step.kind) {
    case Kind::kClientSends:
      if (waits_ && (!answered || !all_said())) return false;
      if (waits_ && heard().size() > due_) Fault(step, "the server spoke too early");
      Say(step.bytes.Expand(stage_).bytes);
      return true;
    case Kind::kClientFin:
      if (!answered || !all_said()) return false;
      SayFin();
      return true;
    case Kind::kClientReset:
      if (!answered || !all_said()) return false;
      Reset();
      return true;
    case Kind::kServerSends:
      replies_.push_back(due_);
      due_ += step.bytes.Expand(stage_).size();
      return true;
    case Kind::kPeerConnects:
    case Kind::kPeerRefused: return answered && PeerCame(step);
    case Kind::kServerFin: return Ended(End::kFin, step);
    case Kind::kServerReset: return Ended(End::kReset, step);
    case Kind::kOpen:
      if (!answered || !all_said()) return false;
      if (end() != End::kNone) Fault(step, "the server closed");
      if (open_until_ == absl::InfinitePast()) open_until_ = network_.now() + kStaysOpen;
      if (network_.now() >= open_until_) return true;
      WakeAfter(open_until_ - network_.now());
      return false;
    case Kind::kClientDatagram:
    case Kind::kOtherDatagram:
    case Kind::kClientDatagramAgain:
    case Kind::kServerDatagram: return answered && all_said() && TakeDatagram(step);
  }
  return false;
}

bool TranscriptPlayer::Client::TakeDatagram(const TranscriptStep& step) {
  const WirePattern pattern = step.bytes.Expand(stage_);
  if (step.kind == Kind::kServerDatagram) {
    std::string bytes;
    Endpoint from;
    if (!TranscriptDatagrams::Take(own_, &bytes, &from)) return false;
    if (from != BoundIn(heard())) Fault(step, "a datagram came from elsewhere");
    if (!pattern.Matches(bytes)) Fault(step, absl::StrCat("the datagram is ", HexOf(bytes)));
    return true;
  }
  const bool again = step.kind == Kind::kClientDatagramAgain;
  if (again && own_.readable()) return true;
  if (network_.now() < next_datagram_) {
    WakeAfter(next_datagram_ - network_.now());
    return false;
  }
  TranscriptDatagrams::Send(step.kind == Kind::kOtherDatagram ? other_ : own_, BoundIn(heard()),
                            pattern.bytes);
  next_datagram_ = network_.now() + kDatagramPause;
  if (again) WakeAfter(kDatagramPause);
  return !again;
}

bool TranscriptPlayer::Client::PeerCame(const TranscriptStep& step) {
  if (peer_ == nullptr) {
    std::optional<Endpoint> bound;
    for (size_t i = 0; i < replies_.size() && !bound; ++i) {
      const size_t end = i + 1 < replies_.size() ? replies_[i + 1] : due_;
      bound = ListeningAt(std::string_view(heard()).substr(replies_[i], end - replies_[i]));
    }
    if (!bound.has_value()) {
      Fault(step, "no reply says where to connect to");
      return true;
    }
    peer_ = &connect_peer_(step, *bound);
  }
  if (peer_->connecting()) {
    WakeAfter(absl::Milliseconds(1));
    return false;
  }
  const bool came = peer_->peer() != nullptr;  // however short it was
  if (came != (step.kind == Kind::kPeerConnects))
    Fault(step, came ? "the peer was not refused" : "the peer was refused");
  peer_ = nullptr;
  return true;
}

bool TranscriptPlayer::Client::Ended(End expected, const TranscriptStep& step) {
  if (end() == End::kNone) return false;
  if (end() != expected) {
    Fault(step,
          end() == End::kFin ? "the server ended the stream" : "the server reset the connection");
  } else if (!expected_.Matches(heard())) {
    // What comes after a FIN of the client may be said later in the transcript, but not after the
    // server's own.
    Fault(step, "the server ended before it had said everything");
  }
  return true;
}

// --- The player

TranscriptPlayer::TranscriptPlayer(const Transcript& transcript, Delivery delivery, uint64_t seed,
                                   const SimFaults& faults)
    : transcript_(transcript),
      delivery_(delivery),
      network_(seed, faults),
      gateway_host_(network_.AddHost({At("10.0.0.1"), At("2001:db8::1")})),
      client_host_(network_.AddHost({At("192.168.0.10"), At("2001:db8:c::10")})) {
  PlaceTargets();
}

TranscriptPlayer::~TranscriptPlayer() = default;

void TranscriptPlayer::PlaceTargets() {
  for (size_t i = 0; i < transcript_.targets.size(); ++i) {
    stage_[transcript_.targets[i].name] =
        Placement{At(absl::StrCat("203.0.113.", 1 + i)), At(absl::StrCat("2001:db8:7::", 1 + i)),
                  static_cast<uint16_t>(kFirstTargetPort + i)};
    if (transcript_.targets[i].behaviour == TargetBehaviour::kAnswersIdent) {
      stage_[transcript_.targets[i].name] =
          Placement{client_host_.addresses()[0], client_host_.addresses()[1], kIdentPort};
    }
  }
  for (const TranscriptTarget& target : transcript_.targets) {
    const Placement& place = stage_[target.name];
    targets_.push_back(std::make_unique<Target>(network_, target, stage_));
    switch (target.behaviour) {
      case TargetBehaviour::kHostUnreachable: continue;  // nobody is there
      case TargetBehaviour::kNetworkUnreachable:
      case TargetBehaviour::kNeverAnswers:
        for (const Address& address : {place.addr4, place.addr6}) {
          network_.SetRoute(address, target.behaviour == TargetBehaviour::kNeverAnswers
                                         ? SimRoute::kSilent
                                         : SimRoute::kNetworkUnreachable);
        }
        continue;
      default: break;
    }
    SimHost& host = target.behaviour == TargetBehaviour::kAnswersIdent
                        ? client_host_
                        : network_.AddHost({place.addr4, place.addr6});
    targets_.back()->LiveOn(host);
    if (target.behaviour == TargetBehaviour::kRefuses) continue;
    for (const Address& address : {place.addr4, place.addr6}) {
      targets_.back()->ListenAt(host, Endpoint{address, place.port});
    }
  }
  for (const auto& [name, addresses] : NamesOn(transcript_, stage_)) {
    SimName known;
    known.addresses = addresses;
    known.answered_after = absl::Milliseconds(1);
    zone_[name] = known;
  }
}

std::vector<std::string> TranscriptPlayer::Play() {
  SimGateway::Options options;
  for (const TranscriptUser& user : transcript_.users)
    options.users.users[user.name] = {user.password};
  gateway_ = std::make_unique<SimGateway>(network_, gateway_host_, zone_, options);
  const Endpoint service{gateway_host_.addresses()[0], kServicePort};
  const absl::Status status =
      gateway_->Configure(ConfigOn(transcript_, stage_, {service.address}, service.port));
  if (!status.ok()) return {status.ToString()};
  gateway_->RunUntil(network_.now() + kPatience, [] { return true; });

  SimSocket& socket = network_.NewSocket(client_host_);
  socket.Connect(service);
  stage_[kClientOnStage] = Placement{socket.local().address, Address(), socket.local().port};
  stage_[kServiceOnStage] = Placement{service.address, Address(), service.port};
  const auto connect_peer = [this](const TranscriptStep& step, const Endpoint& to) -> SimSocket& {
    const auto target = std::find_if(targets_.begin(), targets_.end(), [&](const auto& one) {
      return one->target().name == step.peer;
    });
    SimSocket& made = network_.NewSocket((*target)->host());
    made.Connect(to);
    if (step.kind == Kind::kPeerConnects) (*target)->Adopt(made);
    return made;
  };
  client_ = std::make_unique<Client>(network_, client_host_, socket, transcript_, stage_, delivery_,
                                     connect_peer);
  client_->Wake();
  gateway_->RunUntil(network_.now() + kPatience, [this] { return client_->finished(); });
  if (!client_->fault().empty()) network_.judge().Accuse(client_->fault());
  client_->Close();
  gateway_->RunUntil(network_.now() + kPatience, [this] { return gateway_->sessions_open() == 0; });
  gateway_->gateway().Stop();
  gateway_->RunUntil(network_.now() + kPatience, [this] { return gateway_->stopped(); });
  network_.clock().AdvanceTo(network_.now() + absl::Seconds(10));  // what is on the wires arrives
  if (!network_.judge().condemned()) JudgeAftermath();
  if (gateway_->stopped()) gateway_->Audit();
  return network_.judge().accusations();
}

void TranscriptPlayer::JudgeAftermath() {
  using End = TranscriptPeer::End;
  for (const TranscriptAftermath& aftermath : transcript_.aftermath) {
    auto accuse = [&](const std::string& what) {
      network_.judge().Accuse(
          absl::StrCat("line ", aftermath.line, ": target ", aftermath.target, " ", what));
    };
    for (const auto& target : targets_) {
      if (target->target().name != aftermath.target) continue;
      if (aftermath.of_datagrams) {
        std::vector<std::string> heard;
        std::vector<std::string> expected;
        for (const std::string& bytes : target->datagrams()) heard.push_back(HexOf(bytes));
        for (const TranscriptBytes& bytes : aftermath.datagrams)
          expected.push_back(HexOf(bytes.Expand(stage_).bytes));
        if (heard != expected)
          accuse(absl::StrCat("heard the datagrams ", absl::StrJoin(heard, " / "), ", expected ",
                              absl::StrJoin(expected, " / ")));
        continue;
      }
      const auto& connections = target->connections();
      if (aftermath.untouched) {
        if (!connections.empty()) accuse("was connected to");
        continue;
      }
      if (connections.size() != 1) {
        accuse(absl::StrCat("has ", connections.size(), " connections"));
        continue;
      }
      const WirePattern expected = aftermath.received.Expand(stage_);
      if (!expected.Matches(connections[0]->heard())) {
        accuse(absl::StrCat("heard ", HexOf(connections[0]->heard()), ", expected ",
                            expected.ToString()));
      }
      const bool reset = connections[0]->end() == End::kReset;
      if (aftermath.end == TranscriptAftermath::End::kFin && reset) accuse("was reset");
      if (aftermath.end == TranscriptAftermath::End::kReset && !reset) accuse("was not reset");
    }
  }
}

}  // namespace sluice
