#include "tests/transcripts/handshake_player.h"

#include <algorithm>

#include "glog/logging.h"

namespace sluice {

Stage StageFor(const Transcript& transcript) {
  Stage stage;
  uint8_t number = 10;
  for (const TranscriptTarget& target : transcript.targets) {
    stage[target.name] = {
        Address::FromV4({192, 0, 2, number}),
        Address::FromV6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, number}),
        static_cast<uint16_t>(7000 + number)};
    ++number;
  }
  return stage;
}

HandshakePlayer::HandshakePlayer(const Transcript& transcript, const Stage& stage)
    : transcript_(transcript),
      stage_(stage),
      handshake_({.socks4 = transcript.socks4, .methods = transcript.methods}) {}

void HandshakePlayer::Send(std::string_view piece) {
  CHECK(!fin_heard_);
  if (!closed_ && target_ == nullptr) Advance(&piece);
  // What a refused client still says is dropped.
  if (!closed_ && target_ != nullptr && !piece.empty()) OnTunnelBytes(piece);
}

void HandshakePlayer::SendFin() {
  fin_heard_ = true;
  closed_ = true;  // of the targets played here, each ends when it hears the end
}

void HandshakePlayer::Advance(std::string_view* piece) {
  size_t consumed = 0;
  const auto* bytes = reinterpret_cast<const uint8_t*>(piece->data());
  const Handshake::Step step =
      handshake_.Feed(absl::MakeConstSpan(bytes, piece->size()), &consumed);
  piece->remove_prefix(consumed);
  TakeOutput();
  switch (step) {
    case Handshake::Step::kAuthenticate:
      OnCredentials();
      if (!closed_) Advance(piece);
      return;
    case Handshake::Step::kMore:
      CHECK(piece->empty()) << "a handshake that waits has consumed everything";
      return;
    case Handshake::Step::kDecide: return OnRequest();
    case Handshake::Step::kRefuse:
    case Handshake::Step::kClose: closed_ = true;
  }
}

void HandshakePlayer::OnCredentials() {
  const auto good = [credentials = handshake_.credentials()](const TranscriptUser& user) {
    return user.name == credentials.user && user.password == credentials.password;
  };
  if (std::any_of(transcript_.users.begin(), transcript_.users.end(), good)) {
    handshake_.Authenticated();
  } else {
    handshake_.RejectCredentials();
    closed_ = true;
  }
  TakeOutput();
}

void HandshakePlayer::OnRequest() {
  const SocksRequest& request = handshake_.request();
  Rep rep = Rep::kHostUnreachable;  // of a name that does not exist
  if (request.command != Command::kConnect) {
    rep = Rep::kCommandNotSupported;
  } else if (request.name.empty()) {
    if (Connect({request.address, request.port}, &rep)) return;
  } else {
    for (const auto& [name, addresses] : NamesOn(transcript_, stage_)) {
      if (name != request.name) continue;
      for (const Address& address : addresses) {
        if (Connect({address, request.port}, &rep)) return;
      }
    }
  }
  handshake_.Fail(rep);
  TakeOutput();
  closed_ = true;
}

bool HandshakePlayer::Connect(const Endpoint& endpoint, Rep* rep) {
  *rep = Rep::kConnectionRefused;
  for (const TranscriptTarget& target : transcript_.targets) {
    const Placement& place = stage_.at(target.name);
    const bool here = endpoint.port == place.port &&
                      (endpoint.address == place.addr4 || endpoint.address == place.addr6);
    if (!here) continue;
    switch (target.behaviour) {
      case TargetBehaviour::kRefuses: return false;
      case TargetBehaviour::kNetworkUnreachable: *rep = Rep::kNetworkUnreachable; return false;
      case TargetBehaviour::kHostUnreachable: *rep = Rep::kHostUnreachable; return false;
      case TargetBehaviour::kEchoes:
      case TargetBehaviour::kSinks:
      case TargetBehaviour::kGreets: break;
      default:
        LOG(FATAL) << transcript_.file << ": target " << target.name
                   << " needs a relay; add `players: gateway`";
    }
    target_ = &target;
    const bool v4 = endpoint.address.is_v4();
    handshake_.Succeed({*Address::Parse(v4 ? "198.51.100.1" : "2001:db8:ff::1"), 40000});
    TakeOutput();
    said_ += SaysOf(target);
    return true;
  }
  return false;
}

void HandshakePlayer::OnTunnelBytes(std::string_view bytes) {
  heard_ += bytes;
  if (target_->behaviour == TargetBehaviour::kEchoes) said_ += bytes;
}

void HandshakePlayer::TakeOutput() {
  said_.append(handshake_.output().begin(), handshake_.output().end());
  handshake_.TakeOutput();
}

std::string HandshakePlayer::SaysOf(const TranscriptTarget& target) const {
  return target.says.Expand(stage_).bytes;
}

std::string HandshakePlayer::JudgeAftermath() const {
  for (const TranscriptAftermath& aftermath : transcript_.aftermath) {
    const std::string where =
        transcript_.file + ":" + std::to_string(aftermath.line) + ": " + aftermath.target;
    const bool touched = target_ != nullptr && target_->name == aftermath.target;
    if (touched == aftermath.untouched)
      return where + (touched ? " was reached" : " was not reached");
    if (aftermath.untouched) continue;
    const WirePattern expected = aftermath.received.Expand(stage_);
    if (!expected.Matches(heard_)) {
      return where + " heard " + HexOf(heard_) + " instead of " + expected.ToString();
    }
    if (aftermath.end == TranscriptAftermath::End::kFin && !fin_heard_) {
      return where + " heard no end";
    }
  }
  return {};
}

}  // namespace sluice
