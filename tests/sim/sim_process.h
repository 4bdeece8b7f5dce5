#ifndef SLUICE_TESTS_SIM_SIM_PROCESS_H_
#define SLUICE_TESTS_SIM_SIM_PROCESS_H_

// SimProcess: the descriptor table that the simulated kernels of one process share. Numbers are
// never used again, which Linux would do at once: so a descriptor that is used after its close is
// always seen. One thread.

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/byte_queue.h"
#include "tests/sim/sim_network.h"

namespace sluice {

class SimKernel;
struct SimOperation;

struct SimPipe {
  ByteQueue bytes;
  int capacity = 0;
  // Bytes in each occupied page slot: Linux's pipes are full when their slots are, whatever these
  // hold.
  std::deque<size_t> slots;
  size_t slots_max = 0;
};

struct SimDescriptor {
  enum class Kind : uint8_t { kSocket, kListener, kPipeEnd, kDatagramSocket };
  Kind kind = Kind::kSocket;
  SimKernel* owner = nullptr;
  SimSocket* socket = nullptr;
  SimListener* listener = nullptr;
  SimDatagramSocket* datagram_socket = nullptr;
  std::shared_ptr<SimPipe> pipe = nullptr;
  bool pipe_write_end = false;
  std::vector<SimOperation*> operations{};  // in flight, oldest first
};

class SimProcess {
 public:
  SimProcess(SimNetwork& network, SimHost& host) : network_(network), host_(host) {}
  SimProcess(const SimProcess&) = delete;
  SimProcess& operator=(const SimProcess&) = delete;

  // Descriptor, or -EMFILE.
  int Add(SimDescriptor descriptor);
  bool HasRoom(int descriptors) const { return open_ + descriptors <= descriptors_max_; }
  // nullptr where it is not open.
  SimDescriptor* Find(int fd);
  void Remove(int fd);

  void set_descriptors_max(int descriptors) { descriptors_max_ = descriptors; }
  int open() const { return open_; }
  // One line per descriptor that is still open.
  std::vector<std::string> Leaks() const;

  SimNetwork& network() { return network_; }
  SimHost& host() { return host_; }

 private:
  static constexpr int kFirst = 3;

  SimNetwork& network_;
  SimHost& host_;
  int open_ = 0;
  int descriptors_max_ = 1'000'000;
  std::vector<std::unique_ptr<SimDescriptor>> table_;  // by number - kFirst; nullptr: closed
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_SIM_PROCESS_H_
