#ifndef SLUICE_TESTS_SIM_SIM_NETWORK_H_
#define SLUICE_TESTS_SIM_SIM_NETWORK_H_

// SimNetwork: a whole world of TCP and UDP in one process and one thread: clock, dice, hosts,
// listeners, connections and faults. What happens in it is decided by its seed and by what its
// users ask of it. It owns every socket until it is destroyed.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/address.h"
#include "tests/sim/dice.h"
#include "tests/sim/sim_clock.h"
#include "tests/sim/sim_datagram.h"
#include "tests/sim/sim_faults.h"
#include "tests/sim/sim_judge.h"
#include "tests/sim/sim_socket.h"
#include "tests/sim/sim_trace.h"

namespace sluice {

class SimListener {
 public:
  class Watcher {
   public:
    virtual void OnListenerChange(SimListener& listener) = 0;

   protected:
    ~Watcher() = default;
  };

  SimListener(SimHost& host, const Endpoint& at, int backlog, bool exclusive)
      : host_(host), at_(at), backlog_(backlog), exclusive_(exclusive) {}

  void set_watcher(Watcher* watcher) { watcher_ = watcher; }
  const Endpoint& at() const { return at_; }
  bool exclusive() const { return exclusive_; }
  bool has_waiting() const { return !waiting_.empty(); }
  // The oldest connection that waits.
  SimSocket& Take();

 private:
  friend class SimNetwork;
  SimHost& host_;
  const Endpoint at_;
  const int backlog_;
  const bool exclusive_;  // nobody else may listen there
  int arriving_ = 0;      // shaking hands, not yet waiting
  bool closed_ = false;
  std::deque<SimSocket*> waiting_;
  Watcher* watcher_ = nullptr;
};

// A machine with its addresses; loopback belongs to each.
class SimHost {
 public:
  explicit SimHost(std::vector<Address> addresses) : addresses_(std::move(addresses)) {}
  const std::vector<Address>& addresses() const { return addresses_; }
  // Puts some of its addresses on an interface of that name. Loopback is on "lo".
  void AddInterface(const std::string& name, std::vector<Address> addresses) {
    interfaces_[name] = std::move(addresses);
  }
  bool HasInterface(std::string_view name) const {
    return name == "lo" || interfaces_.contains(name);
  }
  // The name of the interface that has `address`; empty where none was told.
  std::string InterfaceOf(const Address& address) const;
  // Addresses come and go; connections that use them stay.
  void AddAddress(const Address& address);
  void RemoveAddress(const Address& address);
  // Counts up whenever one has come or gone.
  uint64_t address_changes() const { return address_changes_; }
  // From now on no connection from it finds a port, and no socket that does not name one.
  void ExhaustPorts(const Address& address) { exhausted_.insert(address); }
  // Where a connection to `to` starts from, through `interface` where one is named; nullptr where
  // no address of that family is there.
  const Address* SourceFor(const Address& to, std::string_view interface) const;
  bool Has(const Address& address) const;
  // 0, -EADDRNOTAVAIL or -EADDRINUSE.
  int CanListen(const Endpoint& at, bool exclusive, bool may_be_absent = false) const;

 private:
  friend class SimNetwork;
  std::vector<Address> addresses_;
  std::map<std::string, std::vector<Address>, std::less<>> interfaces_;
  std::set<Address> exhausted_;
  uint64_t address_changes_ = 0;
  std::map<Endpoint, std::vector<SimListener*>> listeners_;
  std::map<Endpoint, SimDatagramSocket*> datagram_sockets_;
};

// What becomes of a connection attempt to an address that no host has.
enum class SimRoute : uint8_t { kHostUnreachable, kNetworkUnreachable, kSilent };

class SimNetwork {
 public:
  explicit SimNetwork(uint64_t seed, const SimFaults& faults = SimFaults());
  ~SimNetwork();
  SimNetwork(const SimNetwork&) = delete;
  SimNetwork& operator=(const SimNetwork&) = delete;

  SimHost& AddHost(std::vector<Address> addresses);
  // Overrides what the hosts say.
  void SetRoute(const Address& address, SimRoute route) { routes_[address] = route; }

  SimSocket& NewSocket(SimHost& host);
  // Port 0: any free one. Where the host can: see CanListen.
  SimListener* Listen(SimHost& host, const Endpoint& at, int backlog, bool exclusive = false);
  void CloseListener(SimListener& listener);

  // nullptr and a positive errno where it cannot be bound there. Port 0: any free one.
  SimDatagramSocket* OpenDatagramSocket(SimHost& host, const Endpoint& at,
                                        std::string_view interface, int* error);

  // Told of every datagram before it leaves its host.
  using DatagramObserver = std::function<void(SimHost& host, const SimDatagram& datagram)>;
  void set_datagram_observer(DatagramObserver observer) {
    datagram_observer_ = std::move(observer);
  }

  // Told of every connection attempt before it leaves its host.
  using DialObserver = std::function<void(SimHost& host, SimSocket& socket, const Endpoint& to)>;
  void set_dial_observer(DialObserver observer) { dial_observer_ = std::move(observer); }

  void SetFaults(const SimFaults& faults) { faults_ = faults; }
  // Ends all faults; what was under way is not undone.
  void CalmDown();
  const SimFaults& faults() const { return faults_; }

  SimClock& clock() { return clock_; }
  absl::Time now() const { return clock_.now(); }
  Dice& dice() { return dice_; }
  SimJudge& judge() { return judge_; }
  SimTrace& trace() { return trace_; }
  void Trace(std::string_view what, int64_t subject, int64_t detail = 0) {
    trace_.Add(clock_.now(), what, subject, detail);
  }

  // For the sockets.
  size_t SocketBuffer();
  size_t SegmentBytes(size_t bytes_max);
  void AfterLatency(std::function<void()> what);
  void Dial(SimSocket& socket, const Endpoint& to);
  void Carry(SimHost& from, SimDatagram datagram);
  void ReleaseDatagramSocket(SimDatagramSocket& socket);

 private:
  void OnSyn(SimSocket& socket, int attempt);
  void RetrySyn(SimSocket& socket, int attempt);
  void OnSynAck(SimSocket& socket, SimSocket& peer, SimListener& listener);
  void OnAck(SimSocket& peer, SimListener& listener);
  void MaybeCut(SimSocket& socket);
  void OnDatagramArrival(SimHost& from, const SimDatagram& datagram);
  SimHost* HostOf(const SimHost& from, const Address& address);
  SimListener* FindListener(SimHost& host, const Endpoint& to);
  uint16_t NextPort();

  SimFaults faults_;
  SimClock clock_;
  Dice dice_;
  SimJudge judge_;
  SimTrace trace_;
  DialObserver dial_observer_;
  DatagramObserver datagram_observer_;
  std::vector<std::unique_ptr<SimHost>> hosts_;
  std::vector<std::unique_ptr<SimSocket>> sockets_;
  std::vector<std::unique_ptr<SimListener>> listeners_;
  std::vector<std::unique_ptr<SimDatagramSocket>> datagram_sockets_;
  std::map<Address, SimRoute> routes_;
  uint32_t ports_used_ = 0;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_SIM_NETWORK_H_
