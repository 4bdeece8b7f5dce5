#ifndef SLUICE_BENCH_LOAD_ROUND_TRIP_H_
#define SLUICE_BENCH_LOAD_ROUND_TRIP_H_

// RoundTripTunnel: a tunnel with an echo at its end that carries one request at a time and checks
// every byte of the answer. When to ask is the owner's. One thread.

#include <cstdint>
#include <string>
#include <string_view>

#include "bench/load/tunnel.h"

namespace sluice::load {

class RoundTripTunnel : public Tunnel {
 public:
  class Owner {
   public:
    // The whole answer is here: it may be asked again from within.
    virtual void OnAnswered(RoundTripTunnel& tunnel) = 0;
    virtual void OnLost(RoundTripTunnel& tunnel) = 0;

   protected:
    ~Owner() = default;
  };

  // `request` must outlive the tunnel, and have at least one byte.
  RoundTripTunnel(Way& way, Owner& owner, std::string_view request, int64_t number)
      : Tunnel(way), owner_(owner), request_(request), number_(number) {}

  // Only where it is open and not asking. `since`: what the owner counts its latency from.
  void Ask(int64_t since);

  bool asking() const { return asking_; }
  int64_t since() const { return since_; }
  int64_t number() const { return number_; }

 protected:
  void OnOpen(std::string_view early) override;
  void OnFlow(uint32_t events) override;
  void OnFailed() override;

 private:
  // False where the tunnel has failed.
  bool Send();
  void Receive(bool to_the_end);

  Owner& owner_;
  const std::string_view request_;
  const int64_t number_;
  bool asking_ = false;
  size_t sent_ = 0;
  size_t got_ = 0;
  int64_t since_ = 0;
};

}  // namespace sluice::load

#endif  // SLUICE_BENCH_LOAD_ROUND_TRIP_H_
