#ifndef SLUICE_RELAY_UDP_UDP_NAMES_H_
#define SLUICE_RELAY_UDP_UDP_NAMES_H_

// UdpNames: the names that an association has sent to, each pinned to one address for as long as it
// is used, so that answers and rules stay the same. Lent from the shard to an association that uses
// names, and so is the memory of the names themselves, a few at a time. It asks the resolver; which
// address is taken is its owner's decision. One thread.

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
#include "core/slab.h"
#include "relay/log/access_record.h"
#include "relay/names/resolver.h"
#include "relay/udp/held_datagrams.h"

namespace sluice {

class UdpNames;

// One of them, with the port, because rules look at that as well.
class UdpName : private Resolver::Waiter {
 public:
  enum class State : uint8_t {
    kFresh,       // nothing was asked yet
    kResolution,  // the resolver's answer
    kPinned,      // address() is where it leads
    kDenied,      // by the rules of `generation`
    kFailed,      // until retry_at
  };

  State state() const { return state_; }
  std::string_view text() const { return text_.view(); }
  uint16_t port() const { return port_; }
  // What UdpTarget::name has for it. Never 0; 67 million names later another one may have it.
  uint32_t serial() const { return serial_; }
  const Address& address() const { return address_; }
  absl::Time retry_at() const { return retry_at_; }
  uint32_t generation() const { return generation_; }

  void Deny(uint32_t generation);
  void Pin(const Address& address, uint32_t generation);
  void Fail(absl::Time retry_at);
  // Asks the resolver; the owner chooses as soon as the answer is there, perhaps before this
  // returns.
  void Resolve(Resolver& resolver, const NameAccount& account);
  // In kResolution: keeps a datagram until then. False where there is no room for it.
  bool Hold(absl::Span<const uint8_t> datagram, HoldRoom& room);
  // What it has kept, which is the caller's now; nullptr: nothing.
  std::unique_ptr<HeldDatagrams> TakeHeld() { return std::move(held_); }

 private:
  friend class UdpNames;
  void OnResolved(const NameAnswer& answer) override;

  UdpNames* names_ = nullptr;
  State state_ = State::kFresh;
  uint16_t port_ = 0;
  uint32_t serial_ = 0;
  uint32_t generation_ = 0;
  Address address_;
  absl::Time retry_at_ = absl::InfinitePast();
  std::unique_ptr<HeldDatagrams> held_;
  InlineText<limits::kNameBytesMax> text_;
};

// Of the memory that is lent for names.
struct UdpNameBlock {
  static constexpr size_t kNames = 8;
  std::array<UdpName, kNames> names;
};

class UdpNames {
 public:
  class Owner {
   public:
    // Must Pin, Deny or Fail it, or leave it where the answer is not complete.
    virtual void Choose(UdpName& name, const NameAnswer& answer) = 0;

   protected:
    ~Owner() = default;
  };

  UdpNames(Owner& owner, Slab<UdpNameBlock>& slab) : owner_(owner), slab_(slab) {}
  ~UdpNames();
  UdpNames(const UdpNames&) = delete;
  UdpNames& operator=(const UdpNames&) = delete;

  UdpName* Find(std::string_view text, uint16_t port);
  // One that is not known yet; where there is no place left, in that of the oldest that waits for
  // nobody; nullptr where all wait, or the shard lends no memory for the first.
  UdpName* Add(std::string_view text, uint16_t port);
  // nullptr where another name stands in its place by now.
  const UdpName* Of(uint32_t serial) const;
  // The resolver is waited for no longer, and what was kept is forgotten: how many datagrams.
  uint64_t StopWaiting();

 private:
  friend class UdpName;
  static constexpr size_t kPerBlock = UdpNameBlock::kNames;
  static_assert(limits::kUdpNamesMax % kPerBlock == 0);

  static uint32_t TagOf(std::string_view text, uint16_t port);
  UdpName& At(size_t place) const { return blocks_[place / kPerBlock]->names[place % kPerBlock]; }
  bool FindPlace(size_t* place);

  Owner& owner_;
  Slab<UdpNameBlock>& slab_;
  uint32_t count_ = 0;
  uint32_t added_ = 0;  // in its whole life
  // Hashes, so that a name is found without a look at all the others.
  std::array<uint32_t, limits::kUdpNamesMax> tags_;
  std::array<UdpNameBlock*, limits::kUdpNamesMax / kPerBlock> blocks_ = {};
};

}  // namespace sluice

#endif  // SLUICE_RELAY_UDP_UDP_NAMES_H_
