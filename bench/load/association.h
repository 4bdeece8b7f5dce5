#ifndef SLUICE_BENCH_LOAD_ASSOCIATION_H_
#define SLUICE_BENCH_LOAD_ASSOCIATION_H_

// Association: a control connection with UDP ASSOCIATE, and a socket for its datagrams, which go to
// an echo and are checked to the byte when they are back. Without a proxy the control connection is
// one to the echo, and the datagrams have no header. What is sent when is the owner's. One thread;
// owns both descriptors.

#include <cstdint>
#include <string_view>

#include "bench/load/datagram_batch.h"
#include "bench/load/datagram_window.h"
#include "bench/load/numbered_datagrams.h"
#include "bench/load/options.h"
#include "bench/load/tunnel.h"

namespace sluice::load {

// What associations of a kind share.
struct DatagramTools {
  DatagramTools(const Options& options, const Way& way)
      : trains(options.trains), requests(way.route.datagram_header, options.size, trains) {}

  const bool trains;
  NumberedDatagrams requests;
  DatagramBatch answers;
};

class Association : public Tunnel {
 public:
  class Owner {
   public:
    // A datagram is back that was waited for since `since`. True: another shall follow.
    virtual bool OnAnswered(int64_t since, int64_t now) = 0;
    // The control connection is lost, or what came back is wrong.
    virtual void OnEnded(Association& association) = 0;

   protected:
    ~Owner() = default;
  };

  // All must outlive it. `places`: datagrams under way at a time, at most.
  Association(Way& way, DatagramTools& tools, Owner& owner, size_t places, uint64_t number);
  ~Association() override;

  // Sends one more each, while both the window and `allowed` have room; returns how many.
  int64_t Ask(int64_t allowed, int64_t now);
  // Sends one that was due at `since`; false where the window has no room, or it has ended.
  bool AskDue(int64_t since, int64_t now);
  // Datagrams sent before `limit` count as lost and are sent anew.
  void ResendLost(int64_t limit, int64_t now);

  const DatagramWindow& window() const { return window_; }
  int64_t lost() const { return lost_; }
  // Answers that came after their datagram counted as lost, or twice.
  int64_t late() const { return late_; }

 protected:
  void OnOpen(std::string_view early) override;
  void OnFlow(uint32_t events) override;
  void OnFailed() override;

 private:
  struct DatagramsReady final : Poller::Ready {
    explicit DatagramsReady(Association& association) : association(association) {}
    void OnReady(uint32_t) override { association.OnDatagrams(); }
    Association& association;
  };

  void OnDatagrams();
  void OnDatagram(std::string_view datagram, int64_t now);
  void Send(uint64_t number);
  void CloseDatagrams();

  DatagramTools& tools_;
  Owner& owner_;
  DatagramWindow window_;
  DatagramsReady ready_;
  int datagram_fd_ = -1;
  int64_t lost_ = 0;
  int64_t late_ = 0;
};

}  // namespace sluice::load

#endif  // SLUICE_BENCH_LOAD_ASSOCIATION_H_
