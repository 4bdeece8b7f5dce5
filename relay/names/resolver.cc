// A name, in order:
//   1. Resolve: the hosts file; what no server may be asked; the cache.
//   2. Ask: a place, and a question for each family that is not known. NameQuestion goes from
//      server to server.
//   3. Learn, Conclude: a family's answer has come, or no server has one. TellSome: one is enough
//      where the other is late. TellAll: both are there.
//   4. TakeSources: other servers, another hosts file.

#include "relay/names/resolver.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "core/limits.h"
#include "relay/names/address_order.h"

namespace sluice {
namespace {

using Status = FamilyAnswer::Status;

const NameAnswer* NotAName() {
  static const auto* const kAnswer = new NameAnswer{NameAnswer::Status::kNotFound, {}};
  return kAnswer;
}

const NameAnswer* NoPlace() {
  static const auto* const kAnswer = new NameAnswer{NameAnswer::Status::kNoPlace, {}};
  return kAnswer;
}

absl::Duration Lifetime(const FamilyAnswer& answer) {
  if (answer.status != Status::kFound) return limits::kResolverTtlNegative;
  return std::clamp(answer.ttl, limits::kResolverTtlMin, limits::kResolverTtlMax);
}

// Names are the same whatever their case, with or without the final dot (RFC 4343).
std::string CacheKey(std::string_view name) {
  std::string key(name);
  if (key.size() > 1 && key.back() == '.') key.pop_back();
  absl::AsciiStrToLower(&key);
  return key;
}

// What would be another name by the time that a server sees it is not asked at all, or rules by
// name would be passed by: c-ares takes `\` for an escape (RFC 1035 section 5.1), so that `intr\a`
// asks for `intra`, and drops a second final dot. `.onion` is no business of name servers (RFC 7686
// section 2).
bool MayBeAsked(std::string_view key) {
  const bool is_changed = key.find('\\') != key.npos || key.find("..") != key.npos ||
                          key.starts_with('.') || key.ends_with('.');
  return !is_changed && key != "onion" && !key.ends_with(".onion");
}

}  // namespace

class Resolver::Asking final : private NameQuestion::Owner {
 public:
  Asking(Resolver& resolver, Entry& entry, NamePlaces::Place place)
      : resolver_(resolver), entry_(entry), place_(std::move(place)) {
    delay_.Bind<&Asking::OnDelay>(this);
  }
  ~Asking() { resolver_.loop_.timers().Cancel(delay_); }

  NameQuestion& question(size_t family) { return questions_[family]; }
  bool pending() const { return questions_[0].pending() || questions_[1].pending(); }

  // RFC 8305 section 3: since one family was found.
  void StartDelay() {
    if (delayed_ || delay_.set()) return;
    resolver_.loop_.timers().Set(delay_, resolver_.loop_.now() + limits::kResolutionDelay);
  }
  bool delayed() const { return delayed_; }

  bool starting = false;  // questions are being started: what they say from within waits
  bool told = false;      // of one family
  bool patient = false;   // one of those who wait is

 private:
  void OnDelay() {
    delayed_ = true;
    resolver_.Conclude(entry_);
  }
  void OnQuestionAnswered(NameQuestion& question, const FamilyAnswer& answer) override {
    resolver_.Learn(entry_, question, answer);
  }

  Resolver& resolver_;
  Entry& entry_;
  const NamePlaces::Place place_;
  Timer delay_;
  bool delayed_ = false;
  std::array<NameQuestion, 2> questions_ = {
      NameQuestion(resolver_.loop_, resolver_.lookup_, resolver_, *this, entry_.name,
                   AddressFamily::kV4),
      NameQuestion(resolver_.loop_, resolver_.lookup_, resolver_, *this, entry_.name,
                   AddressFamily::kV6)};
};

Resolver::Resolver(Loop& loop, NameLookup& lookup, Sources& sources, Counters& counters)
    : loop_(loop), lookup_(lookup), counters_(counters), places_(sources) {
  TakeSources();
}

Resolver::~Resolver() = default;

// --- 1. What is known

const NameAnswer* Resolver::Resolve(std::string_view name, const NameAccount& account,
                                    Waiter& waiter) {
  const std::string key = CacheKey(name);
  if (const NameAnswer* answer = FromHosts(key)) return answer;
  if (!MayBeAsked(key)) return NotAName();
  const auto [found, inserted] = entries_.try_emplace(key);
  Entry& entry = found->second;
  if (inserted) entry.name = found->first;
  if (entry.asking == nullptr && IsFresh(entry.families[0]) && IsFresh(entry.families[1])) {
    counters_.resolver_cache_hits.Add(1);
    return &entry.answer;
  }
  if (!Ask(entry, account)) {
    if (inserted) entries_.erase(found);
    counters_.resolver_refused.Add(1);
    return NoPlace();
  }
  if (entry.asking == nullptr) return &entry.answer;
  entry.waiters.PushBack(waiter);
  if (waiter.patient() && !entry.asking->told) entry.asking->patient = true;
  return MayGoOn(entry) ? &entry.answer : nullptr;
}

const NameAnswer* Resolver::FromHosts(const std::string& key) {
  const absl::Span<const Address> addresses = sources_.hosts->Find(key);
  if (addresses.empty()) return nullptr;
  from_hosts_.status = NameAnswer::Status::kFound;
  from_hosts_.addresses.assign(addresses.begin(), addresses.end());
  OrderAddresses(loop_.kernel(), &from_hosts_.addresses);
  return &from_hosts_;
}

// --- 2. Questions

// False where there is no place for one more.
bool Resolver::Ask(Entry& entry, const NameAccount& account) {
  if (entry.asking == nullptr) {
    std::optional<NamePlaces::Place> place = places_.Take(account);
    if (!place.has_value()) return false;
    entry.asking = std::make_unique<Asking>(*this, entry, *std::move(place));
    entry.Unlink();
    MakeRoom();
    counters_.resolver_queries.Add(1);
    ++turn_;
  }
  StartQuestions(entry, /*all=*/false);
  return true;
}

void Resolver::StartQuestions(Entry& entry, bool all) {
  entry.asking->starting = true;
  bool any = false;
  for (size_t i = 0; i < entry.families.size(); ++i) {
    NameQuestion& question = entry.asking->question(i);
    if (!all && (question.pending() || IsFresh(entry.families[i]))) continue;
    any = true;
    entry.families[i] = Family();
    questions_.erase(question.first_ticket() / NameQuestion::kTickets);
    const uint64_t id = next_question_++;
    questions_[id] = &question;
    question.Start(sources_.servers, turn_, id * NameQuestion::kTickets);
    // A server that was silent gets its chance beside another one, and nobody waits for it.
    if (const std::optional<size_t> retry = sources_.servers->TakeRetry(loop_.now()))
      lookup_.Ask(*retry, entry.name, question.family(), /*ticket=*/0, *this);
  }
  entry.asking->starting = false;
  if (any) Conclude(entry);
}

void Resolver::OnAsked(uint64_t ticket, size_t server, const FamilyAnswer& answer) {
  if (answer.status != Status::kUnanswered) sources_.servers->Heard(server, loop_.now());
  const auto found = questions_.find(ticket / NameQuestion::kTickets);
  if (found != questions_.end()) found->second->OnAsked(ticket, answer);
}

// --- 3. Answers

void Resolver::Learn(Entry& entry, NameQuestion& question, const FamilyAnswer& answer) {
  questions_.erase(question.first_ticket() / NameQuestion::kTickets);
  Family& family = entry.families[static_cast<size_t>(question.family())];
  family.status = answer.status;
  family.addresses = answer.addresses;
  family.expires = loop_.now() + Lifetime(answer);
  if (!entry.asking->starting) Conclude(entry);
}

void Resolver::Conclude(Entry& entry) {
  Merge(entry);
  if (entry.answer.complete) return TellAll(entry);
  if (entry.answer.status != NameAnswer::Status::kFound) return;
  entry.asking->StartDelay();
  if (MayGoOn(entry)) TellSome(entry);
}

void Resolver::Merge(Entry& entry) {
  Family& v4 = entry.families[static_cast<size_t>(AddressFamily::kV4)];
  Family& v6 = entry.families[static_cast<size_t>(AddressFamily::kV6)];
  std::vector<Address>& addresses = entry.answer.addresses;
  addresses.assign(v6.addresses.begin(), v6.addresses.end());
  addresses.insert(addresses.end(), v4.addresses.begin(), v4.addresses.end());
  entry.answer.complete = !entry.asking->pending();
  const bool nothing_there = v4.status == Status::kNotFound && v6.status == Status::kNotFound;
  entry.answer.status = !addresses.empty() ? NameAnswer::Status::kFound
                        : nothing_there    ? NameAnswer::Status::kNotFound
                                           : NameAnswer::Status::kFailed;
  // Of a family that is not there, or not told, nobody says for how long: as long as the other is.
  if (entry.answer.complete && v4.addresses.empty() != v6.addresses.empty())
    (v4.addresses.empty() ? v4 : v6).expires = (v4.addresses.empty() ? v6 : v4).expires;
  entry.reachable = !addresses.empty() && OrderAddresses(loop_.kernel(), &addresses);
}

// Whether what is there may be used although one family is waited for. IPv6 does not wait for IPv4
// where it leads anywhere.
bool Resolver::MayGoOn(const Entry& entry) const {
  if (entry.answer.status != NameAnswer::Status::kFound) return false;
  const Family& v6 = entry.families[static_cast<size_t>(AddressFamily::kV6)];
  return entry.asking->delayed() ||
         (v6.status == Status::kFound && entry.reachable && !entry.asking->patient);
}

void Resolver::TellSome(Entry& entry) {
  if (std::exchange(entry.asking->told, true)) return;
  // They wait on for the rest, unless they have had enough.
  IntrusiveList<Waiter> waiters;
  while (!entry.waiters.empty()) waiters.PushBack(entry.waiters.PopFront());
  while (!waiters.empty()) {
    Waiter& waiter = waiters.PopFront();
    entry.waiters.PushBack(waiter);
    waiter.OnResolved(entry.answer);
  }
}

void Resolver::TellAll(Entry& entry) {
  entry.asking.reset();
  by_age_.PushBack(entry);
  if (entry.answer.status != NameAnswer::Status::kFound) counters_.resolver_failures.Add(1);
  // Who is told may ask for another name; entries have stable addresses, and one that was just
  // answered is the last to go.
  while (!entry.waiters.empty()) entry.waiters.PopFront().OnResolved(entry.answer);
}

void Resolver::MakeRoom() {
  while (entries_.size() - places_.taken() >= limits::kResolverCacheEntries && !by_age_.empty()) {
    entries_.erase(std::string(by_age_.PopFront().name));
  }
}

void Resolver::Stop() {
  questions_.clear();
  entries_.clear();
}

// --- 4. Sources

void Resolver::TakeSources() {
  std::optional<NameSources> sources = lookup_.TakeSources();
  if (!sources.has_value()) return;
  const bool others = sources->servers != sources_.servers;
  sources_ = *std::move(sources);
  if (!others) return;
  // Other servers may say otherwise: what the ones before have said is forgotten, and what they
  // were asked is asked anew.
  std::vector<std::string> asked;
  for (auto& [name, entry] : entries_) {
    for (Family& family : entry.families) family.expires = absl::InfinitePast();
    if (entry.asking != nullptr) asked.push_back(name);
  }
  for (const std::string& name : asked) {
    const auto found = entries_.find(name);
    if (found != entries_.end() && found->second.asking != nullptr)
      StartQuestions(found->second, /*all=*/true);
  }
}

}  // namespace sluice
