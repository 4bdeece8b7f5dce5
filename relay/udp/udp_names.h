#ifndef SLUICE_RELAY_UDP_UDP_NAMES_H_
#define SLUICE_RELAY_UDP_UDP_NAMES_H_

// UdpNames: the names that an association has sent to, each pinned to one address for as long as it
// is used, so that answers and rules stay the same. Lent from the shard's slab to an association
// that uses names. It asks the resolver; which address is taken is its owner's decision. One
// thread.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "core/address.h"
#include "core/limits.h"
#include "relay/log/access_record.h"
#include "relay/names/resolver.h"
#include "relay/udp/held_datagrams.h"

namespace sluice {

class UdpNames;

// One of them, with the port, because rules look at that as well.
class UdpName : private Resolver::Waiter {
 public:
  enum class State : uint8_t {
    kFree,
    kResolution,  // the resolver's answer
    kPinned,      // address() is where it leads
    kDenied,      // by the rules of `generation`
    kFailed,      // until retry_at
  };

  State state() const { return state_; }
  std::string_view text() const { return text_.view(); }
  uint16_t port() const { return port_; }
  const Address& address() const { return address_; }
  absl::Time retry_at() const { return retry_at_; }
  uint32_t generation() const { return generation_; }

  void Deny(uint32_t generation);
  void Pin(const Address& address, uint32_t generation);
  void Fail(absl::Time retry_at);
  // Asks the resolver; the owner chooses as soon as the answer is there, perhaps before this
  // returns.
  void Resolve(Resolver& resolver);
  // In kResolution: keeps a datagram until then. False where there is no room for it.
  bool Hold(absl::Span<const uint8_t> datagram, HoldRoom& room);
  // What it has kept, which is the caller's now; nullptr: nothing.
  std::unique_ptr<HeldDatagrams> TakeHeld() { return std::move(held_); }

 private:
  friend class UdpNames;
  void OnResolved(const NameAnswer& answer) override;

  UdpNames* names_ = nullptr;
  State state_ = State::kFree;
  uint16_t port_ = 0;
  uint32_t generation_ = 0;
  Address address_;
  absl::Time retry_at_ = absl::InfinitePast();
  std::unique_ptr<HeldDatagrams> held_;
  InlineText<limits::kNameBytesMax> text_;
};

class UdpNames {
 public:
  class Owner {
   public:
    // Must Pin, Deny or Fail it.
    virtual void Choose(UdpName& name, const NameAnswer& answer) = 0;

   protected:
    ~Owner() = default;
  };

  explicit UdpNames(Owner& owner) : owner_(owner) {}

  UdpName* Find(std::string_view text, uint16_t port);
  // In the place of the oldest that waits for nobody; nullptr where all wait. `*replaced`: another
  // name stood there.
  UdpName* Add(std::string_view text, uint16_t port, bool* replaced);
  // What UdpTarget::name has for it.
  uint8_t PlaceOf(const UdpName& name) const {
    return static_cast<uint8_t>(&name - names_.data() + 1);
  }
  UdpName& At(uint8_t place) { return names_[place - 1u]; }
  // The resolver is waited for no longer, and what was kept is forgotten: how many datagrams.
  uint64_t StopWaiting();

 private:
  friend class UdpName;
  Owner& owner_;
  size_t next_ = 0;  // where the next one is put, if it can be
  std::array<UdpName, limits::kUdpNamesMax> names_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_UDP_UDP_NAMES_H_
