#ifndef SLUICE_TESTS_SIM_SIM_SOCKET_H_
#define SLUICE_TESTS_SIM_SIM_SOCKET_H_

// SimSocket: one end of a simulated TCP connection, with the system calls of a non-blocking socket
// and the habits of Linux: bounded buffers on both sides, an error that is reported to whoever asks
// first and only once, bytes that can still be read after a reset, a close with unread bytes that
// becomes a reset. SimKernel shows it through io_uring's manners; scripted peers use it directly.
// One thread; the SimNetwork owns it to the end of the world, whatever its user does.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "core/address.h"
#include "core/kernel.h"
#include "tests/sim/byte_queue.h"

namespace sluice {

class SimHost;
class SimNetwork;

class SimSocket {
 public:
  // Told that calls may answer differently now. Must not call back into the socket, but note it and
  // come again.
  class Watcher {
   public:
    virtual void OnSocketChange(SimSocket& socket) = 0;

   protected:
    ~Watcher() = default;
  };

  SimSocket(SimNetwork& network, SimHost& host, int id);
  SimSocket(const SimSocket&) = delete;
  SimSocket& operator=(const SimSocket&) = delete;

  void set_watcher(Watcher* watcher) { watcher_ = watcher; }

  // Before Connect: where the connection will start from. The port 0 is chosen by Connect.
  void StartFrom(const Endpoint& local, std::string_view interface) {
    local_ = local;
    interface_ = interface;
  }
  // 0: under way, the outcome shows in connecting() and TakeError(); or -errno.
  int Connect(const Endpoint& to);
  bool connecting() const { return state_ == State::kConnecting; }
  bool connected() const { return state_ == State::kConnected; }
  // The pending error as a positive errno, which is forgotten by this; 0 for none.
  int TakeError();

  // Bytes, 0 at the end, or -errno; -EAGAIN where there is nothing yet.
  int64_t Read(uint8_t* to, size_t bytes_max);
  // Bytes that found room, or -errno; -EAGAIN where there is none.
  int64_t Write(const uint8_t* from, size_t bytes);
  int ShutdownWrite();
  void SetKeepalive(const Keepalive& keepalive);
  const Keepalive& keepalive() const { return keepalive_; }
  // As TCP_NOTSENT_LOWAT has it.
  void set_unsent_max(size_t bytes) { unsent_max_ = bytes; }
  size_t unsent_max() const { return unsent_max_; }
  Uptake uptake() const;
  void Close();
  void CloseWithReset();
  // Its machine is gone: it neither hears nor says anything from now on, and nobody is told.
  void Vanish();
  bool vanished() const { return vanished_; }

  // As poll(2) shows it.
  uint32_t Readiness() const;
  size_t bytes_readable() const { return in_.size(); }
  // A read would not answer -EAGAIN.
  bool readable() const { return !in_.empty() || fin_received_ || error_ != 0 || dead(); }
  size_t room() const;
  size_t receive_capacity() const { return receive_capacity_; }
  // In its whole life.
  uint64_t bytes_read() const { return bytes_read_; }
  uint64_t bytes_written() const { return bytes_written_; }
  bool fin_received() const { return fin_received_; }

  // 0 or -errno.
  int LocalEndpoint(Endpoint* endpoint) const;
  int PeerEndpoint(Endpoint* endpoint) const;

  int id() const { return id_; }
  // Reset by the network itself, as a fault.
  bool was_cut() const { return was_cut_; }
  bool closed() const { return closed_; }
  const Endpoint& local() const { return local_; }
  const Endpoint& remote() const { return remote_; }
  // Empty: any.
  const std::string& interface() const { return interface_; }
  SimSocket* peer() { return peer_; }

 private:
  friend class SimNetwork;
  enum class State : uint8_t {
    kFresh,
    kConnecting,
    kConnected,  // until a reset, also after FINs
    kDead,       // refused, reset, or never to be connected
  };

  size_t capacity() const { return send_capacity_ < unsent_max_ ? send_capacity_ : unsent_max_; }
  bool dead() const { return state_ == State::kDead; }
  void Changed();
  void Fail(int error);  // a connect's outcome
  void Pump();           // moves the next segment, if there is one and room for it
  void OnSegment(uint32_t epoch);
  void OnFin(uint32_t epoch);
  void OnReset();
  void SendReset();
  void Die(int error);
  bool PeerVanished() const { return peer_ != nullptr && peer_->vanished_; }
  bool Waits() const;
  void Heard();
  void AwaitKeepalive();
  void OnKeepalive();

  SimNetwork& network_;
  SimHost& host_;
  const int id_;
  Watcher* watcher_ = nullptr;
  SimSocket* peer_ = nullptr;
  Endpoint local_;
  Endpoint remote_;
  std::string interface_;
  State state_ = State::kFresh;
  int error_ = 0;  // what the next call reports
  size_t send_capacity_;
  size_t receive_capacity_;
  ByteQueue in_;   // arrived, not read
  ByteQueue out_;  // written, not arrived; the first moving_ are on their way
  size_t moving_ = 0;
  uint64_t bytes_read_ = 0;
  uint64_t bytes_written_ = 0;
  uint32_t epoch_ = 0;  // counts up with a reset: what was on its way is lost
  size_t unsent_max_ = SIZE_MAX;
  uint64_t delivered_ = 0;                      // of what was written
  absl::Time heard_at_ = absl::InfinitePast();  // of the other end, be it that it acknowledged
  Keepalive keepalive_;
  bool keepalive_set_ = false;  // an event will look
  bool vanished_ = false;
  bool fin_asked_ = false;
  bool fin_moving_ = false;
  bool fin_delivered_ = false;
  bool fin_received_ = false;
  bool closed_ = false;  // by its user
  bool was_cut_ = false;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_SIM_SOCKET_H_
