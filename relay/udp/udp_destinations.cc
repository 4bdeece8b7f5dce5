// A destination, in order:
//   1. Find: an address is a target at once; a name is first looked for among the association's
//      names.
//   2. Begin, Choose, Settle: the name is decided as a name, resolved, and pinned to the first of
//      its addresses that is allowed and can be reached as its rule says. Then what was held
//      meanwhile goes its way.
//   3. MayReach: what the rules said of the target, or say now.
//   4. Admits: the same of who answers.

#include "relay/udp/udp_destinations.h"

#include <algorithm>

#include "policy/snapshot.h"

namespace sluice {

UdpDestinations::UdpDestinations(UdpGround& ground, const UdpClient& client, Owner& owner)
    : ground_(ground), client_(client), owner_(owner), targets_(ground.targets()) {}

UdpDestinations::~UdpDestinations() {
  if (names_ != nullptr) ground_.TakeBackNames(names_);
}

uint32_t UdpDestinations::generation() const { return ground_.policy().edition(); }

// `address`: nullptr where only the name is known.
Decision UdpDestinations::Decide(std::string_view name, const Address* address,
                                 uint16_t port) const {
  PolicyRequest asked;
  asked.client = client_.client();
  asked.client_interface = client_.interface();
  asked.user = client_.user();
  asked.proof = ProofOf(client_.auth(), client_.user());
  asked.command = PolicyCommand::kUdpAssociate;
  asked.datagram = true;
  asked.name = name;
  asked.address_known = address != nullptr;
  if (address != nullptr) asked.address = *address;
  asked.port = port;
  return ground_.policy().Decide(asked);
}

// --- 1. Whereto

UdpDestinations::Answer UdpDestinations::Find(const UdpHeader& header, UdpTarget** to) {
  if (!header.name.empty()) return FindName(header.name, header.port, to);
  return FindTarget(Endpoint{header.address, header.port}, 0, to);
}

UdpDestinations::Answer UdpDestinations::FindName(std::string_view text, uint16_t port,
                                                  UdpTarget** to) {
  if (names_ == nullptr) names_ = ground_.LendNames(static_cast<UdpNames::Owner&>(*this));
  UdpName* name = names_->Find(text, port);
  if (name == nullptr) name = names_->Add(text, port);
  if (name == nullptr) return Answer::kUnresolved;
  const bool again =
      name->state() == UdpName::State::kFresh ||
      (name->state() == UdpName::State::kFailed && ground_.loop().now() >= name->retry_at()) ||
      (name->state() == UdpName::State::kDenied && name->generation() != generation());
  if (again) Begin(*name);
  if (name->state() == UdpName::State::kDenied) return Answer::kDenied;
  if (name->state() == UdpName::State::kResolution) return Answer::kResolving;
  if (name->state() != UdpName::State::kPinned) return Answer::kUnresolved;
  return FindTarget(Endpoint{name->address(), port}, name->serial(), to);
}

bool UdpDestinations::Hold(const UdpHeader& header, absl::Span<const uint8_t> datagram) {
  return names_->Find(header.name, header.port)->Hold(datagram, ground_.hold_room());
}

// --- 2. Names

void UdpDestinations::Begin(UdpName& name) {
  // A denial needs no name server.
  if (Decide(name.text(), nullptr, name.port()).verdict == Verdict::kDeny)
    return name.Deny(generation());
  name.Resolve(ground_.resolver(),
               NameAccount{client_.source(), ground_.snapshot().limits().names});
}

void UdpDestinations::Choose(UdpName& name, const NameAnswer& answer) {
  if (!Settle(name, answer)) return;
  if (const auto held = name.TakeHeld()) owner_.OnLookedUp(*held);
}

// False where the family that is still waited for may have a better address, or one at all.
bool UdpDestinations::Settle(UdpName& name, const NameAnswer& answer) {
  if (answer.status != NameAnswer::Status::kFound) {
    name.Fail(ground_.loop().now() + limits::kResolverTtlNegative);
    return true;
  }
  const Snapshot& snapshot = ground_.snapshot();
  const Address* chosen = nullptr;
  bool reachable = false;
  for (const Address& address : answer.addresses) {
    const Decision decision = Decide(name.text(), &address, name.port());
    if (decision.verdict != Verdict::kAllow) continue;
    reachable = HasWay(address, snapshot.Grant(decision.rule).egress);
    // One that cannot be reached is better than none: what is sent there is counted.
    if (reachable || chosen == nullptr) chosen = &address;
    if (reachable) break;
  }
  if (!reachable && !answer.complete) return false;
  chosen != nullptr ? name.Pin(*chosen, generation()) : name.Deny(generation());
  return true;
}

bool UdpDestinations::HasWay(const Address& to, const Egress& egress) const {
  const auto same_family = [&](const Address& from) { return from.is_v4() == to.is_v4(); };
  if (!egress.addresses.empty() &&
      std::none_of(egress.addresses.begin(), egress.addresses.end(), same_family))
    return false;
  Address source;
  return ground_.kernel().RouteSource(to, egress.interface, &source) >= 0;
}

// --- 3. The rules

UdpDestinations::Answer UdpDestinations::FindTarget(const Endpoint& endpoint, uint32_t name,
                                                    UdpTarget** to) {
  *to = targets_.Find(endpoint, name);
  if (*to == nullptr) {
    *to = &targets_.Add(endpoint, name);
    (*to)->generation = generation() - 1;  // nothing was said yet
  }
  return MayReach(**to) ? Answer::kGo : Answer::kDenied;
}

bool UdpDestinations::MayReach(UdpTarget& target) {
  if (target.generation == generation()) return target.allowed;
  std::string_view name;
  bool forgotten = false;
  if (target.name != 0) {
    const UdpName* found = names_->Of(target.name);
    forgotten = found == nullptr;
    if (!forgotten) name = found->text();
  }
  // Of whom it is no longer known by what name it was reached the rules cannot be asked.
  target.allowed =
      !forgotten &&
      Decide(name, &target.endpoint.address, target.endpoint.port).verdict == Verdict::kAllow;
  target.fd = -1;
  target.generation = generation();
  return target.allowed;
}

const Egress& UdpDestinations::EgressOf(const UdpHeader& header, const Endpoint& to) const {
  return ground_.snapshot().Grant(Decide(header.name, &to.address, to.port).rule).egress;
}

// --- 4. Who answers

bool UdpDestinations::Admits(const Endpoint& from) {
  if (targets_.AnyOf(from, [this](UdpTarget& target) { return MayReach(target); })) return true;
  if (!ground_.snapshot().lets_any_udp_peer()) return false;
  const Decision decision = Decide({}, &from.address, from.port);
  return decision.verdict == Verdict::kAllow &&
         ground_.snapshot().Grant(decision.rule).udp_any_peer;
}

uint64_t UdpDestinations::Stop() { return names_ != nullptr ? names_->StopWaiting() : 0; }

}  // namespace sluice
