#ifndef SLUICE_RELAY_UDP_UDP_DESTINATIONS_H_
#define SLUICE_RELAY_UDP_UDP_DESTINATIONS_H_

// UdpDestinations: where the datagrams of one association may go, and whose answers may come back.
// Every destination is decided by the rules; what they said is remembered in UdpTargets and asked
// anew when the rules have changed. Names go through UdpNames: the first datagrams to a name that
// is not known yet are held while it is looked up. It relays nothing. One thread; part of a
// UdpAssociation.

#include <cstdint>
#include <string_view>

#include "absl/types/span.h"
#include "core/address.h"
#include "policy/decision.h"
#include "policy/rule_grant.h"
#include "proto/udp_header.h"
#include "relay/udp/held_datagrams.h"
#include "relay/udp/udp_client.h"
#include "relay/udp/udp_ground.h"
#include "relay/udp/udp_names.h"
#include "relay/udp/udp_targets.h"

namespace sluice {

class UdpDestinations : private UdpNames::Owner {
 public:
  enum class Answer : uint8_t { kGo, kDenied, kResolving, kUnresolved };

  class Owner {
   public:
    // These were held for a name for which there is now another Answer.
    virtual void OnLookedUp(const HeldDatagrams& held) = 0;

   protected:
    ~Owner() = default;
  };

  UdpDestinations(UdpGround& ground, const UdpClient& client, Owner& owner);
  ~UdpDestinations();
  UdpDestinations(const UdpDestinations&) = delete;
  UdpDestinations& operator=(const UdpDestinations&) = delete;

  // Of a whole datagram's header. `*to` where it is kGo; good until the next call.
  Answer Find(const UdpHeader& header, UdpTarget** to);
  // Where that is kResolving: the whole datagram waits for the name. False where there is no room
  // for it.
  bool Hold(const UdpHeader& header, absl::Span<const uint8_t> datagram);
  // Whether a datagram from there may go to the client: it has sent there, or the rule for it says
  // udp_any_peer.
  bool Admits(const Endpoint& from);
  // How the datagrams of this header, which goes to `to`, leave the gateway.
  const Egress& EgressOf(const UdpHeader& header, const Endpoint& to) const;
  // The resolver is waited for no longer: how many datagrams did.
  uint64_t Stop();

 private:
  Answer FindName(std::string_view text, uint16_t port, UdpTarget** to);
  Answer FindTarget(const Endpoint& endpoint, uint32_t name, UdpTarget** to);
  void Begin(UdpName& name);
  void Choose(UdpName& name, const NameAnswer& answer) override;
  bool Settle(UdpName& name, const NameAnswer& answer);
  bool HasWay(const Address& to, const Egress& egress) const;
  bool MayReach(UdpTarget& target);
  Decision Decide(std::string_view name, const Address* address, uint16_t port) const;
  uint32_t generation() const;

  UdpGround& ground_;
  const UdpClient& client_;
  Owner& owner_;
  UdpNames* names_ = nullptr;  // lent where names are used
  UdpTargets targets_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_UDP_UDP_DESTINATIONS_H_
