#ifndef SLUICE_RELAY_ADMISSION_H_
#define SLUICE_RELAY_ADMISSION_H_

// Admission: which of the clients that have connected to a shard become its sessions.
//   - One whose source has as many as it may is turned away.
//   - One that finds a place becomes a session at once.
//   - One that finds none waits, accepted, in the order of coming, and the shard accepts nobody
//     else meanwhile: at most one client a listener, as if it were still in the backlog. If some
//     source has a crowd of unfinished handshakes, the oldest of the greediest one is ended to make
//     room: one of this shard, or else of the next one that has any.
// One thread, the shard's.

#include <string_view>
#include <vector>

#include "core/address.h"
#include "core/counters.h"
#include "core/kernel.h"
#include "policy/source_limits.h"
#include "relay/limits/crowds.h"
#include "relay/limits/places.h"
#include "relay/limits/sources.h"
#include "relay/own_ports.h"

namespace sluice {

// What all shards have in common.
struct Shares {
  Places& places;
  Sources& sources;
  OwnPorts& own_ports;
};

class Admission {
 public:
  struct Client {
    int fd = -1;
    Endpoint at;
    Source* source = nullptr;  // entered; null where it is not counted
  };

  class Owner {
   public:
    // It has a place, and its source counts it as a session and an unfinished handshake: all three
    // are the owner's to give back.
    virtual void OnAdmitted(const Client& client) = 0;
    // The descriptor is the owner's, and nothing else.
    virtual void OnTurnedAway(const Client& client, std::string_view why) = 0;
    // Somebody waits, and nobody here is to go for it: another shard may have somebody.
    virtual void OnNoRoomHere() = 0;

   protected:
    ~Owner() = default;
  };

  Admission(Owner& owner, const Shares& shares, Kernel& kernel, Counters& counters);
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  void Admit(int fd, const Endpoint& at, const SourceLimits& limits);
  // How many clients may be accepted in a go; 0 while some wait.
  int Room() const;
  bool someone_waits() const { return !waiting_.empty(); }
  // The shard was woken: perhaps because there is a place.
  void OnWoken();
  // False where no source with a crowd has an unfinished handshake here.
  bool MakeRoom(int at_least = limits::kCrowdMin);
  // Nobody is admitted any more, and those who wait are closed.
  void Close();

  Crowds& crowds() { return crowds_; }

 private:
  std::string_view Bar(Source* source, const SourceLimits& limits);
  void TurnAway(const Client& client, std::string_view why);
  bool TakePlace();
  void GiveBack(const Client& client);

  Owner& owner_;
  Places& places_;
  Sources& sources_;
  Counters& counters_;
  Kernel& kernel_;
  const size_t number_;  // among those who wait for places
  Crowds crowds_;
  std::vector<Client> waiting_;  // allocated once
};

}  // namespace sluice

#endif  // SLUICE_RELAY_ADMISSION_H_
