#include "relay/udp/udp_names.h"

namespace sluice {

void UdpName::Deny(uint32_t generation) {
  state_ = State::kDenied;
  generation_ = generation;
}

void UdpName::Pin(const Address& address, uint32_t generation) {
  state_ = State::kPinned;
  address_ = address;
  generation_ = generation;
}

void UdpName::Fail(absl::Time retry_at) {
  state_ = State::kFailed;
  retry_at_ = retry_at;
}

void UdpName::Resolve(Resolver& resolver) {
  state_ = State::kResolution;
  if (const NameAnswer* answer = resolver.Resolve(text(), *this)) OnResolved(*answer);
}

bool UdpName::Hold(absl::Span<const uint8_t> datagram, HoldRoom& room) {
  if (held_ == nullptr) held_ = std::make_unique<HeldDatagrams>(room);
  return held_->Add(datagram);
}

void UdpName::OnResolved(const NameAnswer& answer) { names_->owner_.Choose(*this, answer); }

UdpName* UdpNames::Find(std::string_view text, uint16_t port) {
  for (UdpName& name : names_) {
    if (name.state_ != UdpName::State::kFree && name.port_ == port && name.text() == text)
      return &name;
  }
  return nullptr;
}

UdpName* UdpNames::Add(std::string_view text, uint16_t port, bool* replaced) {
  for (size_t i = 0; i < names_.size(); ++i) {
    UdpName& name = names_[next_++ % names_.size()];
    if (name.state_ == UdpName::State::kResolution) continue;
    *replaced = name.state_ != UdpName::State::kFree;
    name.names_ = this;
    name.text_.Set(text);
    name.port_ = port;
    return &name;
  }
  return nullptr;
}

uint64_t UdpNames::StopWaiting() {
  uint64_t forgotten = 0;
  for (UdpName& name : names_) {
    name.Unlink();
    if (const auto held = name.TakeHeld()) forgotten += held->datagrams().size();
  }
  return forgotten;
}

}  // namespace sluice
