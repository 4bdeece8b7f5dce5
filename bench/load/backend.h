#ifndef SLUICE_BENCH_LOAD_BACKEND_H_
#define SLUICE_BENCH_LOAD_BACKEND_H_

// Backend: the targets of the load: one listener per service. What a service does with a connection
// is in served.h. On its poller's thread; the counts may be read by any. BackendThread: one with a
// thread of its own.

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "bench/load/datagram_batch.h"
#include "bench/load/lane.h"
#include "bench/load/poller.h"
#include "bench/load/served.h"
#include "bench/load/stream_io.h"
#include "core/address.h"

namespace sluice::load {

class Backend {
 public:
  // `poller` must outlive it.
  explicit Backend(Poller& poller) : poller_(poller) {}
  // Closes every connection.
  ~Backend();
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  // Port 0: of the kernel's choice, else the services have consecutive ports from this one on. The
  // echo has UDP at its port too; `trains`: it takes and sends datagrams in one piece where it can.
  absl::Status Start(const Endpoint& at, bool trains = false);

  Endpoint endpoint(Service service) const { return doors_[static_cast<size_t>(service)].at; }
  int64_t bytes_received() const { return bytes_received_.load(std::memory_order_relaxed); }

 private:
  friend class Served;

  struct Door : Poller::Ready {
    void OnReady(uint32_t events) override;

    Backend* backend = nullptr;
    Service service = Service::kEcho;
    int fd = -1;
    Endpoint at;
  };
  // UDP's whole service: what comes goes back.
  struct DatagramEcho : Poller::Ready {
    void OnReady(uint32_t events) override;

    DatagramBatch batch;
    int fd = -1;
  };

  absl::Status Open(Door& door, const Endpoint& at, bool trains);
  void Accept(const Door& door);
  void Remove(int fd);
  void CountReceived(int64_t bytes) {
    bytes_received_.store(bytes_received_.load(std::memory_order_relaxed) + bytes,
                          std::memory_order_relaxed);
  }

  Poller& poller_;
  Lane streams_{poller_};  // of all services but the echo, which must not wait for them
  ByteSource source_;
  std::array<Door, kServices> doors_;
  DatagramEcho datagram_echo_;
  std::vector<std::unique_ptr<Served>> served_;  // by descriptor
  std::atomic<int64_t> bytes_received_ = 0;
};

// Start and the destructor belong to one thread.
class BackendThread {
 public:
  BackendThread() = default;
  // Stops the thread and closes every connection.
  ~BackendThread();
  BackendThread(const BackendThread&) = delete;
  BackendThread& operator=(const BackendThread&) = delete;

  absl::Status Start(const Endpoint& at, bool trains = false);

  // Its endpoints and its counts; the rest is the thread's.
  const Backend& backend() const { return backend_; }

 private:
  struct Bell : Poller::Ready {
    void OnReady(uint32_t) override {}
    int fd = -1;
  };

  Poller poller_;
  Backend backend_{poller_};
  Bell bell_;  // ends the thread's wait
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace sluice::load

#endif  // SLUICE_BENCH_LOAD_BACKEND_H_
