#ifndef SLUICE_RELAY_UDP_UDP_ASSOCIATION_H_
#define SLUICE_RELAY_UDP_UDP_ASSOCIATION_H_

// UdpAssociation: what UDP ASSOCIATE opens (RFC 1928 section 4, 6 and 7). A socket for the client's
// datagrams, others towards its targets, and the client's connection, which is only watched: when
// that ends, so does the association.
//
// Nothing is queued but what waits for a name: what cannot go on at once is dropped and counted,
// and what comes in one batch leaves in as few sends as can be. Until a first valid datagram has
// come from the client's own address, nothing goes out. It owns its UDP sockets, knows no time-out
// and writes no log line: the Session does, whose part it is. The shard bounds how many there are.
// One thread.

#include <cstdint>
#include <string_view>

#include "absl/time/time.h"
#include "core/address.h"
#include "core/buffer_waiters.h"
#include "core/counters.h"
#include "core/kernel.h"
#include "core/op.h"
#include "policy/config.h"
#include "relay/close_reason.h"
#include "relay/direction.h"
#include "relay/udp/udp_client.h"
#include "relay/udp/udp_destinations.h"
#include "relay/udp/udp_ground.h"
#include "relay/udp/udp_sockets.h"

namespace sluice {

class DatagramSend;

class UdpAssociation final : private UdpDestinations::Owner, private UdpSockets::Owner {
 public:
  class Owner : public UdpClient {
   public:
    // The client's connection ended; `reset`: by a reset. May destroy the association: it does
    // nothing after.
    virtual void OnControlEnded(EndedBy by, std::string_view why, int error) = 0;
    // After Stop: nothing is in flight any more. The same holds.
    virtual void OnAssociationQuiet() = 0;

   protected:
    ~Owner() = default;
  };

  UdpAssociation(UdpGround& ground, Owner& owner);
  ~UdpAssociation();
  UdpAssociation(const UdpAssociation&) = delete;
  UdpAssociation& operator=(const UdpAssociation&) = delete;

  // The socket for the client's datagrams, at the address to which its connection `control_fd`
  // goes. 0 or -errno.
  int Open(int control_fd, const ServiceSettings& service);
  // Only from this port of the client. 0: from the first that a valid datagram comes from, and
  // after a long silence of that port from another one.
  void LimitTo(uint16_t client_port) {
    client_port_ = client_port;
    port_is_fixed_ = client_port != 0;
  }
  // Where the client is told to send its datagrams to.
  const Endpoint& bound() const { return bound_; }

  // The client knows where to send to.
  void Start();
  // Ends it where it is. Where nothing is in flight it is quiet at once, without a call.
  void Stop();
  bool quiet() const {
    return !control_.in_flight() && !client_.in_flight() &&
           (sockets_ == nullptr || sockets_->quiet());
  }

  // When a datagram last went on in either direction; InfinitePast before.
  absl::Time moved_at() const { return moved_at_; }
  uint64_t bytes_up() const { return up_.bytes; }
  uint64_t bytes_down() const { return down_.bytes; }
  uint64_t datagrams_up() const { return up_.datagrams; }
  uint64_t datagrams_down() const { return down_.datagrams; }
  uint64_t datagrams_dropped() const { return dropped_; }

 private:
  struct Flow {
    uint64_t bytes = 0;  // of data, without headers
    uint64_t datagrams = 0;
  };
  struct Whereto;

  int OpenAt(const Address& address, std::string_view interface, const ServiceSettings& service);

  void AwaitControl();
  void ResumeControl() { AwaitControl(); }
  void OnControl(Op&, const Completion& completion);

  // What has come: good until anybody on this shard receives again.
  absl::Span<const DatagramRun> Receive(int fd);
  void OnClientReady(Op&, const Completion&);
  bool MayBeClient(const Endpoint& from) const;
  void RelayUp(absl::Span<const DatagramRun> runs);
  void RelayWrappedUp(absl::Span<const uint8_t> datagram, uint16_t from_port);
  void RelayOneUp(absl::Span<const uint8_t> datagram, uint16_t from_port, Whereto& whereto,
                  DatagramSend& send);
  bool FindWhereto(absl::Span<const uint8_t> datagram, uint16_t from_port, Whereto& whereto);
  void OnLookedUp(const HeldDatagrams& held) override;
  int SocketTo(const UdpHeader& header, UdpTarget& target);

  void OnAnswers(int fd) override;
  void RelayDown(absl::Span<const DatagramRun> runs);
  void RelayWrappedDown(const Endpoint& client, absl::Span<const uint8_t> header,
                        absl::Span<const uint8_t> data);

  void Count(Direction direction, const DatagramSend& send, uint64_t data_bytes);
  void Drop(Counter& reason, uint64_t datagrams);
  void OnSocketsQuiet() override { TellIfQuiet(); }
  void TellIfQuiet();

  UdpGround& ground_;
  Owner& owner_;
  Op control_;  // a receive on the client's connection
  BufferWaiter control_waiter_;
  Op client_;                      // the client's datagrams
  UdpSockets* sockets_ = nullptr;  // towards targets; lent when the first is sent to
  int control_fd_ = -1;
  int client_fd_ = -1;
  Endpoint bound_;
  uint16_t client_port_ = 0;  // 0: no valid datagram has come yet
  bool port_is_fixed_ = false;
  bool stopped_ = false;
  uint32_t control_bytes_ = 0;
  absl::Time heard_at_ = absl::InfinitePast();  // something came from client_port_
  absl::Time moved_at_ = absl::InfinitePast();
  Flow up_;
  Flow down_;
  uint64_t dropped_ = 0;
  UdpDestinations destinations_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_UDP_UDP_ASSOCIATION_H_
