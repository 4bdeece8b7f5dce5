// A destination, in order:
//   1. Find: an address is a target at once; a name is first looked for among the association's
//      names.
//   2. Begin, Choose, Settle: the name is decided as a name, resolved, and pinned to the first of
//      its addresses that is allowed and has a route. Then what was held meanwhile goes its way.
//   3. MayReach: what the rules said of the target, or say now.
//   4. Admits: the same of who answers.

#include "relay/udp/udp_destinations.h"

#include "policy/snapshot.h"

namespace sluice {

UdpDestinations::UdpDestinations(UdpGround& ground, const UdpClient& client, Owner& owner)
    : ground_(ground), client_(client), owner_(owner), targets_(ground.target_tables()) {}

UdpDestinations::~UdpDestinations() {
  if (names_ != nullptr) ground_.names().Give(names_);
}

uint32_t UdpDestinations::generation() const {
  return static_cast<uint32_t>(ground_.snapshot().generation());
}

// `address`: nullptr where only the name is known.
Decision UdpDestinations::Decide(std::string_view name, const Address* address,
                                 uint16_t port) const {
  PolicyRequest asked;
  asked.client = client_.client();
  asked.user = client_.user();
  asked.proof = ProofOf(client_.auth(), client_.user());
  asked.command = PolicyCommand::kUdpAssociate;
  asked.datagram = true;
  asked.name = name;
  asked.address_known = address != nullptr;
  if (address != nullptr) asked.address = *address;
  asked.port = port;
  return ground_.snapshot().Decide(asked);
}

// --- 1. Whereto

UdpDestinations::Answer UdpDestinations::Find(const UdpHeader& header, Endpoint* to) {
  if (!header.name.empty()) return FindName(header.name, header.port, to);
  *to = Endpoint{header.address, header.port};
  return MayReach(*to, 0) ? Answer::kGo : Answer::kDenied;
}

UdpDestinations::Answer UdpDestinations::FindName(std::string_view text, uint16_t port,
                                                  Endpoint* to) {
  if (names_ == nullptr) names_ = ground_.names().Take(static_cast<UdpNames::Owner&>(*this));
  if (names_ == nullptr) return Answer::kUnresolved;
  UdpName* name = names_->Find(text, port);
  if (name == nullptr) {
    bool replaced = false;
    name = names_->Add(text, port, &replaced);
    if (name == nullptr) return Answer::kUnresolved;
    if (replaced) targets_.ForgetName(names_->PlaceOf(*name));
    Begin(*name);
  } else if (name->state() == UdpName::State::kFailed && ground_.loop().now() >= name->retry_at()) {
    Begin(*name);
  } else if (name->state() == UdpName::State::kDenied && name->generation() != generation()) {
    Begin(*name);
  }
  if (name->state() == UdpName::State::kDenied) return Answer::kDenied;
  if (name->state() == UdpName::State::kResolution) return Answer::kResolving;
  if (name->state() != UdpName::State::kPinned) return Answer::kUnresolved;
  *to = Endpoint{name->address(), port};
  return MayReach(*to, names_->PlaceOf(*name)) ? Answer::kGo : Answer::kDenied;
}

bool UdpDestinations::Hold(const UdpHeader& header, absl::Span<const uint8_t> datagram) {
  return names_->Find(header.name, header.port)->Hold(datagram, ground_.hold_room());
}

// --- 2. Names

void UdpDestinations::Begin(UdpName& name) {
  // A denial needs no name server.
  if (Decide(name.text(), nullptr, name.port()).verdict == Verdict::kDeny)
    return name.Deny(generation());
  name.Resolve(ground_.resolver());
}

void UdpDestinations::Choose(UdpName& name, const NameAnswer& answer) {
  Settle(name, answer);
  if (const auto held = name.TakeHeld()) owner_.OnLookedUp(*held);
}

void UdpDestinations::Settle(UdpName& name, const NameAnswer& answer) {
  if (answer.status != NameAnswer::Status::kFound)
    return name.Fail(ground_.loop().now() + limits::kResolverTtlNegative);
  const Snapshot& snapshot = ground_.snapshot();
  name.Deny(generation());
  for (const Address& address : answer.addresses) {
    const Decision decision = Decide(name.text(), &address, name.port());
    if (decision.verdict != Verdict::kAllow) continue;
    // One without a route is better than none: what is sent there is counted.
    if (name.state() != UdpName::State::kPinned) name.Pin(address, generation());
    Address source;
    if (ground_.kernel().RouteSource(address, snapshot.Grant(decision.rule).egress.interface,
                                     &source) < 0)
      continue;
    return name.Pin(address, generation());
  }
}

// --- 3. The rules

bool UdpDestinations::MayReach(const Endpoint& endpoint, uint8_t name) {
  UdpTarget* target = targets_.Find(endpoint, name);
  if (target == nullptr) {
    target = &targets_.Add(endpoint, name);
    target->generation = generation() - 1;  // nothing was said yet
  }
  return MayStillReach(*target);
}

bool UdpDestinations::MayStillReach(UdpTarget& target) {
  if (target.generation != generation()) {
    const std::string_view name =
        target.name != 0 ? names_->At(target.name).text() : std::string_view();
    target.allowed =
        Decide(name, &target.endpoint.address, target.endpoint.port).verdict == Verdict::kAllow;
    target.generation = generation();
  }
  return target.allowed;
}

const Egress& UdpDestinations::EgressOf(const UdpHeader& header, const Endpoint& to) const {
  return ground_.snapshot().Grant(Decide(header.name, &to.address, to.port).rule).egress;
}

// --- 4. Who answers

bool UdpDestinations::Admits(const Endpoint& from) {
  if (targets_.AnyOf(from, [this](UdpTarget& target) { return MayStillReach(target); }))
    return true;
  const Decision decision = Decide({}, &from.address, from.port);
  return decision.verdict == Verdict::kAllow &&
         ground_.snapshot().Grant(decision.rule).udp_any_peer;
}

uint64_t UdpDestinations::Stop() { return names_ != nullptr ? names_->StopWaiting() : 0; }

}  // namespace sluice
