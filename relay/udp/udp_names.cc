#include "relay/udp/udp_names.h"

#include "absl/hash/hash.h"

namespace sluice {

// --- One

void UdpName::Deny(uint32_t generation) {
  Unlink();  // more of the name's addresses may be on the way
  state_ = State::kDenied;
  generation_ = generation;
}

void UdpName::Pin(const Address& address, uint32_t generation) {
  Unlink();
  state_ = State::kPinned;
  address_ = address;
  generation_ = generation;
}

void UdpName::Fail(absl::Time retry_at) {
  Unlink();
  state_ = State::kFailed;
  retry_at_ = retry_at;
}

void UdpName::Resolve(Resolver& resolver, const NameAccount& account) {
  state_ = State::kResolution;
  if (const NameAnswer* answer = resolver.Resolve(text(), account, *this)) OnResolved(*answer);
}

bool UdpName::Hold(absl::Span<const uint8_t> datagram, HoldRoom& room) {
  if (held_ == nullptr) held_ = std::make_unique<HeldDatagrams>(room);
  return held_->Add(datagram);
}

void UdpName::OnResolved(const NameAnswer& answer) { names_->owner_.Choose(*this, answer); }

// --- All of an association

UdpNames::~UdpNames() {
  for (UdpNameBlock* block : blocks_) {
    if (block != nullptr) slab_.Give(block);
  }
}

uint32_t UdpNames::TagOf(std::string_view text, uint16_t port) {
  return static_cast<uint32_t>(absl::HashOf(text, port));
}

UdpName* UdpNames::Find(std::string_view text, uint16_t port) {
  const uint32_t tag = TagOf(text, port);
  for (size_t place = 0; place < count_; ++place) {
    if (tags_[place] != tag) continue;
    UdpName& name = At(place);
    if (name.port_ == port && name.text() == text) return &name;
  }
  return nullptr;
}

UdpName* UdpNames::Add(std::string_view text, uint16_t port) {
  size_t place = 0;
  if (!FindPlace(&place)) return nullptr;
  UdpName& name = At(place);
  name.names_ = this;
  name.state_ = UdpName::State::kFresh;
  name.text_.Set(text);
  name.port_ = port;
  name.serial_ = static_cast<uint32_t>(++added_ * limits::kUdpNamesMax + place);
  tags_[place] = TagOf(text, port);
  return &name;
}

bool UdpNames::FindPlace(size_t* place) {
  if (count_ < limits::kUdpNamesMax) {
    UdpNameBlock*& block = blocks_[count_ / kPerBlock];
    if (block == nullptr) block = slab_.Take();
    if (block != nullptr) {
      *place = count_++;
      return true;
    }
  }
  // The oldest: its serial says when it came.
  bool found = false;
  for (size_t i = 0; i < count_; ++i) {
    const UdpName& name = At(i);
    if (name.state_ == UdpName::State::kResolution) continue;
    if (found && At(*place).serial_ < name.serial_) continue;
    *place = i;
    found = true;
  }
  return found;
}

const UdpName* UdpNames::Of(uint32_t serial) const {
  const size_t place = serial % limits::kUdpNamesMax;
  return place < count_ && At(place).serial_ == serial ? &At(place) : nullptr;
}

uint64_t UdpNames::StopWaiting() {
  uint64_t forgotten = 0;
  for (size_t place = 0; place < count_; ++place) {
    UdpName& name = At(place);
    name.Unlink();
    if (const auto held = name.TakeHeld()) forgotten += held->datagrams().size();
  }
  return forgotten;
}

}  // namespace sluice
