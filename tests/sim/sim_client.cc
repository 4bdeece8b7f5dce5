#include "tests/sim/sim_client.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice {

SimClient::SimClient(SimNetwork& network, SimSocket& socket, std::string name, const SimHabits& habits, uint64_t sends,
                     uint64_t expects, SimScript script)
    : SimPeer(network, socket, std::move(name), habits, sends, expects), script_(std::move(script)) {}

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
    case SimScript::After::kTunnel: return granted_ || (script_.optimistic && !answered_ && !refused_method_);
    case SimScript::After::kSilence: return false;
    case SimScript::After::kFin: socket().ShutdownWrite(); return false;
    case SimScript::After::kReset: Reset(); return false;
  }
  return false;
}

// How long the final reply is, with the method reply before it; as far as can be told.
size_t SimClient::ReplyBytes() const {
  if (!script_.socks5) return 8;
  const size_t head = HeadBytes();
  if (replies_.size() < head + 4) return head + 4;
  return head + 4 + (replies_[head + 3] == 4 ? 16 : 4) + 2;
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
      if (replies_[0] != 5) network().judge().Accuse(absl::StrCat(name(), " got a method reply of version ", replies_[0]));
      refused_method_ = replies_[1] != 0 && replies_[1] != 2;
    }
    if (authenticates() && replies_.size() == 4) {
      if (replies_[2] != 1) network().judge().Accuse(absl::StrCat(name(), " got a status of version ", replies_[2]));
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

void SimClient::OnReply() {
  answered_ = true;
  answered_at_ = network().now();
  const uint8_t* reply = replies_.data() + HeadBytes();
  code_ = reply[1];
  granted_ = code_ == (script_.socks5 ? 0 : 0x5A);
  bool well_formed = reply[0] == 0;
  if (script_.socks5) {
    well_formed = reply[0] == 5 && reply[2] == 0 && (reply[3] == 1 || reply[3] == 4);
    Endpoint bound;
    if (reply[3] == 4) {
      std::array<uint8_t, 16> octets;
      std::copy_n(reply + 4, 16, octets.begin());
      bound = Endpoint{Address::FromV6(octets), static_cast<uint16_t>(reply[20] << 8 | reply[21])};
    } else {
      bound = Endpoint{Address::FromV4({reply[4], reply[5], reply[6], reply[7]}),
                       static_cast<uint16_t>(reply[8] << 8 | reply[9])};
    }
    bound_ = bound;
  }
  network().Trace("client answered", socket().id(), code_);
  if (!well_formed) network().judge().Accuse(absl::StrCat(name(), " got a reply that is not one"));
}

}  // namespace sluice
