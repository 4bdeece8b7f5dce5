#ifndef SLUICE_RELAY_NAMES_CARES_CHANNEL_H_
#define SLUICE_RELAY_NAMES_CARES_CHANNEL_H_

// CaresChannel: one name server, asked through c-ares: the wire format, identifiers and ports that
// cannot be guessed, TCP for long answers. c-ares opens its own sockets (rule zero: a well-kept
// library beats a resolver of our own); the loop polls them and keeps its time-outs.
//
// Only ares_query is used, which asks for what it is given. ares_getaddrinfo would add the domains
// of resolv.conf (1.18 does so whatever ARES_FLAG_NOSEARCH says), open the hosts file each time,
// follow HOSTALIASES, and make up an address for `localhost`.
//
// Opened on any thread, since that may read files; then one thread, its shard's.

#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/loop.h"
#include "relay/names/name_lookup.h"

struct ares_channeldata;

namespace sluice {

class CaresChannel {
 public:
  class Receiver {
   public:
    virtual void OnAnswered(CaresChannel& channel, uint64_t ticket, const FamilyAnswer& answer) = 0;

   protected:
    ~Receiver() = default;
  };

  // `timeout`: how long an answer is of use.
  static absl::StatusOr<std::unique_ptr<CaresChannel>> Open(const Endpoint& server,
                                                            absl::Duration timeout);
  // Ends all questions without telling anybody. It is quiet.
  ~CaresChannel();
  CaresChannel(const CaresChannel&) = delete;
  CaresChannel& operator=(const CaresChannel&) = delete;

  // Before the first Ask.
  void Attach(Loop& loop, Receiver& receiver) {
    loop_ = &loop;
    receiver_ = &receiver;
  }
  // The receiver is told once, perhaps from within, and not after Stop.
  void Ask(std::string_view name, AddressFamily family, uint64_t ticket);
  // Cancels the polls, so that it becomes quiet.
  void Stop();
  bool quiet() const;

 private:
  struct Query;
  struct Socket;

  CaresChannel();
  static void OnSocketState(void* self, int fd, int readable, int writable);
  static void OnReply(void* query, int status, int timeouts, unsigned char* reply, int bytes);
  void OnReady(Op& op, const Completion& completion);
  void OnTimeout();
  void PollSocket(Socket& socket);
  void SetTimer();

  Loop* loop_ = nullptr;
  Receiver* receiver_ = nullptr;
  ares_channeldata* channel_ = nullptr;
  std::vector<std::unique_ptr<Socket>> sockets_;
  Timer timer_;
  bool stopped_ = false;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_NAMES_CARES_CHANNEL_H_
