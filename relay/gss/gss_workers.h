#ifndef SLUICE_RELAY_GSS_GSS_WORKERS_H_
#define SLUICE_RELAY_GSS_GSS_WORKERS_H_

// GssWorkers: the real GssAcceptor: a few threads off the shards, one line of tokens for all of
// them. Each shard asks through a desk of its own, and is woken when an answer lies there. A full
// line takes no more.
//
// It outlives the gateway; its mechanism and its desks' kernels outlive it. The threads start with
// the first token, so a gateway without GSSAPI has none.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/kernel.h"
#include "core/limits.h"
#include "relay/gss/gss_acceptor.h"

namespace sluice {

class GssWorkers {
 public:
  struct Options {
    int threads = limits::kGssThreads;
    size_t queue_max = limits::kGssQueueMax;
  };

  GssWorkers(GssMechanism& mechanism, const Options& options);
  // Waits for the tokens that are being accepted; what waits in line is dropped.
  ~GssWorkers();
  GssWorkers(const GssWorkers&) = delete;
  GssWorkers& operator=(const GssWorkers&) = delete;

  // The desk of the shard that stands on `kernel`; lives as long as this.
  GssAcceptor& OpenDesk(Kernel& kernel);

 private:
  class Desk;
  // A token's way: Desk::Accept puts it into the line, Run takes it out, accepts, and puts it on
  // its desk; Desk::Deliver gives it out.
  struct Job {
    Desk* desk = nullptr;
    uint64_t ticket = 0;
    std::unique_ptr<GssConversation> conversation;
    std::vector<uint8_t> token;
    GssAccepted accepted;
  };

  bool Put(Job job);
  void Run();

  GssMechanism& mechanism_;
  const Options options_;
  std::vector<std::unique_ptr<Desk>> desks_;
  std::mutex mutex_;
  std::condition_variable work_to_do_;
  std::deque<Job> line_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_GSS_GSS_WORKERS_H_
