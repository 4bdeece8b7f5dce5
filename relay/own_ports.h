#ifndef SLUICE_RELAY_OWN_PORTS_H_
#define SLUICE_RELAY_OWN_PORTS_H_

// OwnPorts: the TCP ports at which this process listens, for clients and for the peers of BINDs. At
// an address of this host they are the gateway itself. Counted, since several listeners may have
// one port. Any thread.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace sluice {

class OwnPorts {
 public:
  OwnPorts() = default;
  OwnPorts(const OwnPorts&) = delete;
  OwnPorts& operator=(const OwnPorts&) = delete;

  bool Has(uint16_t port) const { return listeners_[port].load() > 0; }

 private:
  friend class OwnPort;
  std::array<std::atomic<uint32_t>, size_t{1} << 16> listeners_{};  // by port
};

// One listener's port, for as long as this lives. As constructed, of none.
class OwnPort {
 public:
  OwnPort() = default;
  OwnPort(OwnPorts& ports, uint16_t port) : listeners_(&ports.listeners_[port]) { ++*listeners_; }
  ~OwnPort() {
    if (listeners_ != nullptr) --*listeners_;
  }
  OwnPort(OwnPort&& other) noexcept : listeners_(std::exchange(other.listeners_, nullptr)) {}
  OwnPort& operator=(OwnPort&& other) noexcept {
    std::swap(listeners_, other.listeners_);
    return *this;
  }

 private:
  std::atomic<uint32_t>* listeners_ = nullptr;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_OWN_PORTS_H_
