#ifndef SLUICE_CORE_KERNEL_CONTRACT_H_
#define SLUICE_CORE_KERNEL_CONTRACT_H_

// The promises of kernel.h as tests, asked of every Kernel in the same words, so that the simulated
// one cannot drift from Linux.
//
// A test program links :kernel_contract and instantiates it with its own kind of kernel:
//   INSTANTIATE_TEST_SUITE_P(Uring, KernelContract, ::testing::Values(KernelContractSubject{…}));
// The tests are both ends of every connection, through the one Kernel, on loopback. They wait for
// what must come and never for time to pass. What must not come is given its chance by Settle().

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/kernel.h"
#include "gtest/gtest.h"

namespace sluice {

// A kernel, and what the contract does to its surroundings.
class KernelWorld {
 public:
  struct Options {
    int buffers = 64;
    size_t buffer_bytes = 4096;
  };

  virtual ~KernelWorld() = default;
  virtual Kernel& kernel() = 0;
  // Whether the next descriptor is refused with -EMFILE.
  virtual void SetDescriptorsExhausted(bool exhausted) = 0;
  // Gives the host `address`, or takes it away. False where this process may not.
  virtual bool SetAddress(const Address& address, bool here) = 0;
  // An interface that has just got this address of fe80::/10; empty where SetAddress fails.
  virtual std::string GiveLinkLocal(const Address& address) = 0;
  // What is still open, lent or in flight, and what was used wrongly, a line each. Asked at the end
  // of a test, when everything has been given back.
  virtual std::vector<std::string> Complaints() = 0;
};

struct KernelContractSubject {
  std::string name;
  std::function<std::unique_ptr<KernelWorld>(const KernelWorld::Options&)> open;
  bool has_threads = false;  // Wake may come from another thread

  friend std::ostream& operator<<(std::ostream& out, const KernelContractSubject& subject) {
    return out << subject.name;
  }
};

class KernelContract : public ::testing::TestWithParam<KernelContractSubject> {
 protected:
  // An operation that was asked, and what came of it.
  struct Asked {
    Asked() { op.Bind<&Asked::OnCompletion>(this); }
    void OnCompletion(Op&, const Completion& completion) { seen.push_back(completion); }
    Op op;
    std::vector<Completion> seen;
    size_t looked_at = 0;
    bool accepts = false;
  };
  // The two ends of a connection: who asked for it, and who accepted it.
  struct Pair {
    int client;
    int server;
  };

  KernelContract() { Open(KernelWorld::Options()); }
  // Cancels, closes and gives back what the test left, and expects no complaint.
  void TearDown() override;

  // Starts again in another world.
  void Open(const KernelWorld::Options& options);
  KernelWorld& world() { return *world_; }
  Kernel& kernel() { return world_->kernel(); }

  // --- Asking. An operation that is still in flight when the test ends is cancelled then.
  Asked& AskAccept(int listener);
  Asked& AskAcceptOne(int listener);
  Asked& AskConnect(int fd, const Endpoint& to);
  Asked& AskReceive(int fd, size_t bytes_max = SIZE_MAX, bool wait_first = false);
  Asked& AskReceiveMany(int fd);
  Asked& AskSend(int fd, std::string_view bytes);
  Asked& AskSend(int fd, const std::vector<iovec>& parts);
  Asked& AskPoll(int fd, uint32_t events);
  Asked& AskAwaitDatagrams(int fd);
  Asked& AskAwaitAddressChange();

  // --- Waiting
  bool TurnUntil(const std::function<bool()>& done);
  // Waits for the next completion that no Next has returned.
  Completion Next(Asked& asked);
  // Waits until all that is under way has had its effect, and the kernel had the chance to deliver
  // it.
  void Settle();

  // --- Everyday things
  int Listen(const Endpoint& at = kLoopback, int backlog = 64,
             const ListenTerms& terms = ListenTerms());
  Endpoint LocalEndpoint(int fd);
  // The new descriptor of an accept's next completion.
  int NextAccepted(Asked& accept);
  int ListenOnce(const Endpoint& at = kLoopback);
  int OpenSocket(const Address& to = kLoopback.address, const SocketSource& from = SocketSource());
  Pair Connect();
  void SendAll(int fd, std::string_view bytes);
  // The bytes of a receive's completion, whose buffer goes back.
  std::string TakeBytes(const Completion& completion);
  // Exactly that many.
  std::string ReceiveBytes(int fd, size_t bytes);
  int32_t ReceiveResult(int fd);
  // Sends until nothing more goes in, and takes back what did not; returns what did.
  size_t Fill(int fd);
  void ShutdownWrite(int fd);
  // Closed at the end, where it has not been before.
  int Keep(int fd) { return *open_.insert(fd).first; }
  void Close(int fd);
  void CloseWithReset(int fd);
  SplicePipe OpenPipe(int capacity = 65536);

  // One datagram, taken out of its run.
  struct Received {
    Endpoint from;
    std::string bytes;
  };
  int OpenDatagramSocket(const Endpoint& at = kLoopback);
  void SendDatagram(int fd, const Endpoint& to, std::string bytes);
  // As many as `count`, and what came with the last of them.
  std::vector<Received> ReceiveDatagrams(int fd, size_t count);

  static const Endpoint kLoopback;  // port 0: any

 private:
  Asked& NewAsked() { return asked_.emplace_back(); }

  std::unique_ptr<KernelWorld> world_;
  std::deque<Asked> asked_;  // an Op keeps its address
  std::set<int> open_;
  std::vector<SplicePipe> pipes_;
};

}  // namespace sluice

#endif  // SLUICE_CORE_KERNEL_CONTRACT_H_
