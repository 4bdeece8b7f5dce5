#ifndef SLUICE_RELAY_NAMES_NAME_SERVERS_H_
#define SLUICE_RELAY_NAMES_NAME_SERVERS_H_

// NameServers: the servers of one resolv.conf, and what is remembered of them. One that stays
// silent while it is asked is asked last from then on, so that only the first name waits for it;
// now and then a question goes to it beside another one, and once it answers it has its place back.
//
// All shards share one, so that what one has waited for no other has to: a few atomics, read and
// written without an order among them. Any thread.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "relay/names/resolv_conf.h"

namespace sluice {

class NameServers {
 public:
  explicit NameServers(ResolvConf conf);

  const ResolvConf& conf() const { return conf_; }
  size_t size() const { return conf_.servers.size(); }

  // Places in conf().servers, in the order to ask: those that answer, then those that do not.
  // `turn` counts the questions, for `rotate`.
  std::vector<uint8_t> Order(uint64_t turn) const;

  // It has said something, whatever it was.
  void Heard(size_t server, absl::Time now) const;
  // It has been silent since it was asked at `asked`, which counts only where nobody else has heard
  // of it meanwhile: a server may be silent about one name, or one family, only.
  void NotHeard(size_t server, absl::Time asked, absl::Time now) const;
  bool silent(size_t server) const;
  // A silent one that is due for another question, which whoever is given it asks, beside its own.
  std::optional<size_t> TakeRetry(absl::Time now) const;

 private:
  // In nanoseconds of the kernels' clock, which is one for all shards.
  struct Memory {
    std::atomic<int64_t> heard = INT64_MIN;
    std::atomic<int64_t> retry = 0;  // 0: it is not silent
  };

  const ResolvConf conf_;
  const std::unique_ptr<Memory[]> memory_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_NAMES_NAME_SERVERS_H_
