#ifndef SLUICE_RELAY_NAMES_CARES_LOOKUP_H_
#define SLUICE_RELAY_NAMES_CARES_LOOKUP_H_

// CaresLookup: names through c-ares on the shard's own loop: hosts file first, then the name
// servers of resolv.conf, both families at once, sorted by RFC 6724. c-ares opens its own sockets
// (rule zero: a well-kept library beats a resolver of our own); the loop polls them and keeps its
// time-outs. One thread, the shard's, from the first Start on.

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/loop.h"
#include "relay/names/name_lookup.h"

struct ares_addrinfo;
struct ares_channeldata;

namespace sluice {

class CaresLookup : public NameLookup {
 public:
  // Must be called once per process before Open, from the main thread, while no other runs.
  static absl::Status InitLibrary();
  // Reads resolv.conf. The loop is given later, before the first Start, because the shard owns it.
  static absl::StatusOr<std::unique_ptr<CaresLookup>> Open();

  // Ends all queries without telling anybody. The loop has stopped turning.
  ~CaresLookup() override;

  void Attach(Loop& loop) { loop_ = &loop; }
  void Start(std::string_view name, Receiver& receiver) override;
  // Cancels the polls, so that the loop can become quiet. Turn the loop until quiet().
  void Stop();
  bool quiet() const;

 private:
  struct Query;
  struct Socket;

  CaresLookup();
  static void OnSocketState(void* self, int fd, int readable, int writable);
  static void OnAnswer(void* query, int status, int timeouts, ares_addrinfo* result);
  void OnReady(Op& op, const Completion& completion);
  void OnTimeout();
  void PollSocket(Socket& socket);
  void SetTimer();

  Loop* loop_ = nullptr;
  ares_channeldata* channel_ = nullptr;
  std::vector<std::unique_ptr<Socket>> sockets_;
  Timer timer_;
  bool stopped_ = false;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_NAMES_CARES_LOOKUP_H_
