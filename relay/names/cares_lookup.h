#ifndef SLUICE_RELAY_NAMES_CARES_LOOKUP_H_
#define SLUICE_RELAY_NAMES_CARES_LOOKUP_H_

// CaresLookup: the name servers of resolv.conf for one shard, a CaresChannel each. With one server
// per channel, what is said and by whom is known in every version of c-ares.
//
// One thread, the shard's, from the first Ask on; Hand may be called from one other.

#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/loop.h"
#include "relay/names/cares_channel.h"
#include "relay/names/name_lookup.h"

namespace sluice {

class CaresLookup : public NameLookup, private CaresChannel::Receiver {
 public:
  // Must be called once per process before Open, from the main thread, while no other runs.
  static absl::Status InitLibrary();
  static absl::StatusOr<std::unique_ptr<CaresLookup>> Open(const NameSources& sources);

  // Ends all questions without telling anybody. It is quiet.
  ~CaresLookup() override;

  // The loop is given later, before the first Ask, because the shard owns it.
  void Attach(Loop& loop) { loop_ = &loop; }
  // What to look up with from now on. The caller wakes the shard, which takes it with TakeSources.
  absl::Status Hand(const NameSources& sources);

  void Ask(size_t server, std::string_view name, AddressFamily family, uint64_t ticket,
           NameLookup::Receiver& receiver) override;
  std::optional<NameSources> TakeSources() override;

  // Cancels the polls, so that the loop can become quiet. Turn the loop until quiet().
  void Stop();
  bool quiet() const;

 private:
  using Channels = std::vector<std::unique_ptr<CaresChannel>>;
  struct Handed {
    NameSources sources;
    Channels channels;  // none where the servers are the ones from before
  };

  CaresLookup() = default;
  void OnAnswered(CaresChannel& channel, uint64_t ticket, const FamilyAnswer& answer) override;
  void ForgetRetired();

  Loop* loop_ = nullptr;
  NameLookup::Receiver* receiver_ = nullptr;
  Channels channels_;  // by the servers' places
  Channels retired_;   // of earlier servers, until they are quiet

  std::mutex mutex_;  // held only to swap what is handed over
  std::optional<Handed> handed_;
  std::shared_ptr<const NameServers> handed_servers_;  // the last ones; who hands knows
};

}  // namespace sluice

#endif  // SLUICE_RELAY_NAMES_CARES_LOOKUP_H_
