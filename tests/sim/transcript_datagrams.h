#ifndef SLUICE_TESTS_SIM_TRANSCRIPT_DATAGRAMS_H_
#define SLUICE_TESTS_SIM_TRANSCRIPT_DATAGRAMS_H_

// TranscriptDatagrams: the UDP sockets of one of a transcript's people: what each has heard, in
// order, and who is told of it. One thread; lives to the end of the world.

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tests/sim/sim_network.h"

namespace sluice {

class TranscriptDatagrams final : private SimDatagramSocket::Watcher {
 public:
  // `heard`: called soon after something came to a socket of this.
  TranscriptDatagrams(SimNetwork& network, std::function<void()> heard)
      : network_(network), heard_(std::move(heard)) {}

  // Port 0: any.
  SimDatagramSocket& Open(SimHost& host, const Endpoint& at) {
    int error = 0;
    SimDatagramSocket* socket = network_.OpenDatagramSocket(host, at, "", &error);
    socket->set_watcher(this);
    return *socket;
  }
  static void Send(SimDatagramSocket& from, const Endpoint& to, const std::string& bytes) {
    from.SendTo(to, std::vector<uint8_t>(bytes.begin(), bytes.end()));
  }
  // False where nothing has come.
  static bool Take(SimDatagramSocket& at, std::string* bytes, Endpoint* from) {
    if (!at.readable()) return false;
    const SimDatagram& datagram = at.arrived().front();
    bytes->assign(datagram.bytes.begin(), datagram.bytes.end());
    *from = datagram.from;
    at.arrived().pop_front();
    return true;
  }

 private:
  void OnDatagram(SimDatagramSocket&) override {
    network_.clock().After(absl::ZeroDuration(), heard_);
  }

  SimNetwork& network_;
  const std::function<void()> heard_;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_TRANSCRIPT_DATAGRAMS_H_
