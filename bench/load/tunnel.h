#ifndef SLUICE_BENCH_LOAD_TUNNEL_H_
#define SLUICE_BENCH_LOAD_TUNNEL_H_

// Tunnel: one connection of the load, from connect through the SOCKS handshake to the end. A
// scenario derives what flows through it. Registered edge-triggered, in and out, once: who is told
// of bytes reads all of them. One thread; owns its descriptor.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bench/load/failures.h"
#include "bench/load/poller.h"
#include "bench/load/socks_client.h"
#include "core/address.h"

namespace sluice::load {

// Where tunnels lead.
struct Route {
  Endpoint first_hop;                 // the proxy; direct: the back end
  std::optional<SocksRequest> socks;  // none: direct
  std::string datagram_header;        // before the payload of each datagram; direct: nothing
};

// What tunnels of a kind have in common. Their failures are counted here.
struct Way {
  Poller& poller;
  const Route route;
  Failures failures{};
};

class Tunnel : public Poller::Ready {
 public:
  enum class State : uint8_t { kClosed, kConnecting, kHandshake, kOpen };

  // `way` must outlive it.
  explicit Tunnel(Way& way) : way_(way) {}
  virtual ~Tunnel();
  Tunnel(const Tunnel&) = delete;
  Tunnel& operator=(const Tunnel&) = delete;

  // From kClosed only. Whatever goes wrong ends in OnFailed, also from within the call.
  void Open();
  void Close();
  // Counts, closes, and calls OnFailed.
  void Fail(Failure kind, std::string_view why);

  State state() const { return state_; }
  // What opening was for has happened: by default, that it is open.
  virtual bool ready() const { return state_ == State::kOpen; }

 protected:
  // The tunnel stands. `early`: what came with the proxy's reply.
  virtual void OnOpen(std::string_view early) = 0;
  // Something happened to an open tunnel.
  virtual void OnFlow(uint32_t events) = 0;
  // The tunnel is closed, not by Close().
  virtual void OnFailed() = 0;

  int fd() const { return fd_; }
  const Endpoint& first_hop() const { return way_.route.first_hop; }
  bool direct() const { return !way_.route.socks; }
  // What the proxy's reply said it has bound.
  std::optional<Endpoint> bound() const { return socks_ ? socks_->bound() : std::nullopt; }
  Poller& poller() { return way_.poller; }
  // Fail with errno, where `result` was -1 for good; true where it failed. EAGAIN is none.
  bool FailedForGood(ssize_t result);

 private:
  void OnReady(uint32_t events) final;
  void OnConnected();
  void OnHandshakeBytes();
  void SendHandshake(std::string_view bytes);

  Way& way_;
  int fd_ = -1;
  State state_ = State::kClosed;
  std::optional<SocksClient> socks_;
};

}  // namespace sluice::load

#endif  // SLUICE_BENCH_LOAD_TUNNEL_H_
