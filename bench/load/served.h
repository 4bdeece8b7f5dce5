#ifndef SLUICE_BENCH_LOAD_SERVED_H_
#define SLUICE_BENCH_LOAD_SERVED_H_

// Served: one connection at the back end, and what a service does with it. Every service ends when
// the client has said its last byte: it stops sending and closes, so that a client that wants to
// end in order shuts down and reads to the end. On the back end's thread.

#include <cstddef>
#include <cstdint>
#include <string>

#include "bench/load/poller.h"

namespace sluice::load {

class Backend;

enum class Service : uint8_t {
  kEcho,      // sends back what it receives
  kSink,      // drops what it receives
  kSource,    // sends without end
  kExchange,  // sink and source at once
};
inline constexpr size_t kServices = 4;
inline constexpr const char* kServiceNames[kServices] = {"echo", "sink", "source", "exchange"};

class Served final : public Poller::Ready {
 public:
  // Owns `fd`.
  Served(Backend& backend, Service service, int fd)
      : backend_(backend), service_(service), fd_(fd) {}
  ~Served();
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

  // What its service waits for.
  uint32_t events() const;
  // May destroy this.
  void OnReady(uint32_t events) override;

 private:
  // False: the connection is over.
  bool Echo(uint32_t events);
  bool SendRest();
  bool Drain();
  bool Pour();

  Backend& backend_;
  Service service_;
  int fd_;
  std::string rest_;  // received, and no room yet to send it back
};

}  // namespace sluice::load

#endif  // SLUICE_BENCH_LOAD_SERVED_H_
