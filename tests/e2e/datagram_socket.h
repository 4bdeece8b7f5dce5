#ifndef SLUICE_TESTS_E2E_DATAGRAM_SOCKET_H_
#define SLUICE_TESTS_E2E_DATAGRAM_SOCKET_H_

// DatagramSocket: a UDP socket as a test uses it: waits at most a deadline. One thread.

#include <string>
#include <string_view>

#include "core/address.h"

namespace sluice {

class DatagramSocket {
 public:
  // Port 0: any.
  explicit DatagramSocket(const Endpoint& at);
  ~DatagramSocket();
  DatagramSocket(const DatagramSocket&) = delete;
  DatagramSocket& operator=(const DatagramSocket&) = delete;

  void Send(const Endpoint& to, std::string_view bytes);
  // False where none comes within `patience_ms`.
  bool Receive(std::string* bytes, Endpoint* from, int patience_ms);

  int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_E2E_DATAGRAM_SOCKET_H_
