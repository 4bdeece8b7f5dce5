#ifndef SLUICE_POLICY_RULE_COVER_H_
#define SLUICE_POLICY_RULE_COVER_H_

// RuleCover: whether one rule matches whatever another matches. It may say no where the answer is
// yes, never the other way round: an entry counts as covered by one entry, not by several together,
// and lists longer than limits::kComparedEntriesMax only where both rules name the same list. The
// work is counted, so that thousands of rules cannot hold up who asks. One thread.

#include <cstdint>
#include <optional>
#include <vector>

#include "core/limits.h"
#include "policy/config.h"

namespace sluice {

class RuleCover {
 public:
  // `config` outlives it.
  explicit RuleCover(const Config& config);

  // Every client, command, port and destination that `inner` matches `outer` matches. kButItself:
  // the gateway itself aside, which a single address names and a wider entry does not.
  enum class Extent : uint8_t { kNothing, kButItself, kAll };
  Extent Covers(const Rule& outer, const Rule& inner);

  // No request that `rule` decides could be decided by `other`. Looks at commands and ports only.
  bool AreDisjoint(const Rule& rule, const Rule& other);

  bool HasEntries(const RuleEnd& end, bool is_source) const;
  // Its destination may be the gateway itself.
  bool NamesItself(const RuleEnd& destination) const;

  // More than limits::kComparisonsMax: Covers says kNothing from now on.
  bool is_tired() const { return comparisons_ > limits::kComparisonsMax; }

 private:
  // The least range around the addresses of a list, by family.
  struct Hull {
    std::optional<AddressRange> v4;
    std::optional<AddressRange> v6;
    bool has_single = false;

    bool MayContain(const AddressRange& range) const;
  };

  bool CoversUsers(const Rule& outer, const Rule& inner);
  bool CoversSource(const RuleEnd& outer, const RuleEnd& inner);
  Extent CoversDestination(const RuleEnd& outer, const RuleEnd& inner);
  Extent CoversTarget(const RuleEnd& outer, const AddressRange& range);
  bool CoversName(const RuleEnd& outer, const NamePattern& name);
  bool IsShort(uint32_t list) const;
  // The first entry of short lists that contains `range` and for which `is` is true.
  template <typename Is>
  bool HasRange(const RuleEnd& outer, const AddressRange& range, Is is);

  const Config& config_;
  std::vector<Hull> hulls_;  // by list
  uint64_t comparisons_ = 0;
};

}  // namespace sluice

#endif  // SLUICE_POLICY_RULE_COVER_H_
