#ifndef SLUICE_POLICY_RULE_COVER_H_
#define SLUICE_POLICY_RULE_COVER_H_

// RuleCover: whether one rule matches whatever another matches. It may say no where the answer is
// yes, never the other way round: an entry counts as covered by one entry, not by several together,
// and lists longer than limits::kComparedEntriesMax only where both rules name the same list. The
// work is counted, so that thousands of rules cannot hold up who asks. One thread.

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "core/limits.h"
#include "policy/config.h"

namespace sluice {

class RuleCover {
 public:
  // `config` outlives it.
  RuleCover(const Config& config, absl::Time now);

  // Every client, command, port and destination that `inner` matches `outer` matches. kButItself:
  // the gateway itself aside, which a single address names and a wider entry does not.
  enum class Extent : uint8_t { kNothing, kButItself, kAll };
  // Places of rules; one that is not active covers nothing.
  Extent Covers(size_t outer, size_t inner);

  // No request that `rule` decides could be decided by `other`. Looks at commands and ports only.
  bool AreDisjoint(const Rule& rule, const Rule& other);

  bool is_active(size_t place) const { return outlines_[place].is_active; }

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

  template <typename Number>
  struct Span {
    Number first = ~Number{0};
    Number last = 0;

    void Add(Number low, Number high) {
      first = first < low ? first : low;
      last = last > high ? last : high;
    }
    bool Contains(const Span& other) const {
      return other.first > other.last || (first <= other.first && other.last <= last);
    }
  };

  // What tells most pairs of rules apart, close together in memory.
  struct Outline {
    bool is_active = false;
    uint16_t has = 0;  // what covers it has too: commands, and all of something
    Span<uint16_t> source_ports;
    Span<uint16_t> destination_ports;
    Span<uint32_t> source;  // of IPv4, as the next
    Span<uint32_t> destination;

    bool MayCover(const Outline& inner) const;
  };

  Outline MakeOutline(const Rule& rule) const;
  Span<uint32_t> SpanOf(const RuleEnd& end) const;
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
  std::vector<Hull> hulls_;        // by list
  std::vector<Outline> outlines_;  // by rule
  uint64_t comparisons_ = 0;
};

}  // namespace sluice

#endif  // SLUICE_POLICY_RULE_COVER_H_
