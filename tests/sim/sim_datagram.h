#ifndef SLUICE_TESTS_SIM_SIM_DATAGRAM_H_
#define SLUICE_TESTS_SIM_SIM_DATAGRAM_H_

// SimDatagramSocket: a simulated UDP socket, unconnected, with the habits of Linux: what finds no
// room at the receiver is lost without a word, and so is what nobody waits for. SimKernel shows it
// through kernel.h; scripted peers use it directly. How datagrams travel, and which are lost,
// doubled or late, is the SimNetwork's business, which also owns it to the end of the world. One
// thread.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "core/address.h"

namespace sluice {

class SimHost;
class SimNetwork;

struct SimDatagram {
  Endpoint from;
  Endpoint to;
  std::vector<uint8_t> bytes;
};

class SimDatagramSocket {
 public:
  // Told that a datagram has come. Must not call back into the socket, but note it and come again.
  class Watcher {
   public:
    virtual void OnDatagram(SimDatagramSocket& socket) = 0;

   protected:
    ~Watcher() = default;
  };

  SimDatagramSocket(SimNetwork& network, SimHost& host, const Endpoint& at,
                    std::string_view interface, size_t capacity)
      : network_(network), host_(host), at_(at), interface_(interface), capacity_(capacity) {}
  SimDatagramSocket(const SimDatagramSocket&) = delete;
  SimDatagramSocket& operator=(const SimDatagramSocket&) = delete;

  void set_watcher(Watcher* watcher) { watcher_ = watcher; }

  // 0 or -errno: -EAGAIN where the socket is full.
  int SendTo(const Endpoint& to, std::vector<uint8_t> bytes);
  bool readable() const { return !arrived_.empty(); }
  // What has come and was not taken, oldest first.
  std::deque<SimDatagram>& arrived() { return arrived_; }
  void Close();

  const Endpoint& at() const { return at_; }
  bool closed() const { return closed_; }

 private:
  friend class SimNetwork;
  void Arrive(const SimDatagram& datagram);

  SimNetwork& network_;
  SimHost& host_;
  const Endpoint at_;
  const std::string interface_;  // empty: any
  const size_t capacity_;        // bytes, with what Linux charges for each datagram
  std::deque<SimDatagram> arrived_;
  Watcher* watcher_ = nullptr;
  bool closed_ = false;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_SIM_DATAGRAM_H_
