#include "tests/sim/sim_client.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice {

SimClient::SimClient(SimNetwork& network, SimSocket& socket, std::string name,
                     const SimHabits& habits, uint64_t sends, uint64_t expects, SimScript script)
    : SimPeer(network, socket, std::move(name), habits, sends, expects),
      script_(std::move(script)) {}

bool SimClient::StepOpening() {
  while (said_ < script_.says.size() && !refused_method_) {
    SimScript::Say& say = script_.says[said_];
    if (replies_.size() < say.waits_for) return false;
    const size_t before = say.bytes.size();
    const bool whole = WriteAll(&say.bytes, script_.write_bytes_max);
    if (before > say.bytes.size()) spoke_at_ = std::min(spoke_at_, network().now());
    if (!whole) {
      if (before > say.bytes.size()) Wake();
      return false;
    }
    ++said_;
  }
  if (refused_method_) return false;
  switch (script_.after) {
    case SimScript::After::kTunnel:
      return granted_ || (script_.optimistic && !answered_ && !refused_method_);
    case SimScript::After::kSilence: return false;
    case SimScript::After::kFin: socket().ShutdownWrite(); return false;
    case SimScript::After::kReset: Reset(); return false;
  }
  return false;
}

// How much there is up to the end of the awaited reply; as far as can be told.
size_t SimClient::ReplyBytes() const {
  const size_t from = ReplyFrom();
  if (!script_.socks5) return from + 8;
  if (replies_.size() < from + 4) return from + 4;
  return from + 4 + (replies_[from + 3] == 4 ? 16 : 4) + 2;
}

size_t SimClient::TakeOpening(const uint8_t* bytes, size_t size) {
  size_t taken = 0;
  while (!answered_ && taken < size) {
    if (refused_method_) {
      network().judge().Accuse(absl::StrCat(name(), " got a byte after it was refused"));
      return size;
    }
    replies_.push_back(bytes[taken++]);
    if (script_.socks5 && replies_.size() == 2) {
      if (replies_[0] != 5)
        network().judge().Accuse(
            absl::StrCat(name(), " got a method reply of version ", replies_[0]));
      refused_method_ = replies_[1] != 0 && replies_[1] != 2;
    }
    if (authenticates() && replies_.size() == 4) {
      if (replies_[2] != 1)
        network().judge().Accuse(absl::StrCat(name(), " got a status of version ", replies_[2]));
      refused_method_ = replies_[3] != 0;
    }
    if (replies_.size() == ReplyBytes()) OnReply();
  }
  if (taken < size && !granted_) {
    network().judge().Accuse(absl::StrCat(name(), " got a byte after the reply that refused it"));
    return size;
  }
  return taken;
}

Endpoint SimClient::BoundOf(const uint8_t* reply) const {
  if (!script_.socks5) {
    return {Address::FromV4({reply[4], reply[5], reply[6], reply[7]}),
            static_cast<uint16_t>(reply[2] << 8 | reply[3])};
  }
  if (reply[3] != 4) {
    return {Address::FromV4({reply[4], reply[5], reply[6], reply[7]}),
            static_cast<uint16_t>(reply[8] << 8 | reply[9])};
  }
  std::array<uint8_t, 16> octets;
  std::copy_n(reply + 4, 16, octets.begin());
  return {Address::FromV6(octets), static_cast<uint16_t>(reply[20] << 8 | reply[21])};
}

void SimClient::OnReply() {
  const uint8_t* reply = replies_.data() + ReplyFrom();
  code_ = reply[1];
  const bool granted = code_ == (script_.socks5 ? 0 : 0x5A);
  const bool well_formed = script_.socks5
                               ? reply[0] == 5 && reply[2] == 0 && (reply[3] == 1 || reply[3] == 4)
                               : reply[0] == 0;
  network().Trace("client answered", socket().id(), code_);
  if (!well_formed)
    return network().judge().Accuse(absl::StrCat(name(), " got a reply that is not one"));
  if (granted && script_.bind && !listening_) {
    listening_ = true;
    const Endpoint bound = BoundOf(reply);
    second_from_ = replies_.size();
    return on_listening_(bound);
  }
  answered_ = true;
  answered_at_ = network().now();
  granted_ = granted;
  if (script_.socks5) bound_ = BoundOf(reply);
}

}  // namespace sluice
