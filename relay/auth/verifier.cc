// Credentials on their way:
//   1. Verify: the throttle, the cache, the question that they are in already, or a new one in
//      line.
//   2. AskNext / Ask: whose turn it is, by the policy in force now, while there is room. Forget: or
//      its client leaves before.
//   3. OnVerdict / Tell: what the Authenticator says, to all who wait for it.

#include "relay/auth/verifier.h"

#include <utility>

#include "relay/auth/source.h"

namespace sluice {
namespace {

// Hashed for a user that nobody knows where there is no [[user]] to take one from: yescrypt at its
// usual cost.
constexpr std::string_view kNobodysHash =
    "$y$j9T$v0lzqvhPwdsLGlkE5hpGN1$5IfHZBbjFsT0WUUsNTU1N4jjBzugHIZwnNq4bB.cGa2";

// One of the users' hashes, always the same for one digest: who asks for a name that does not exist
// waits as long as for one that does, also where the hashes are of several kinds.
std::string_view DecoyHash(const Snapshot& snapshot, const CredentialCache::Digest& digest) {
  const absl::Span<const User> users = snapshot.users();
  if (users.empty()) return kNobodysHash;
  const size_t place = size_t{digest[0]} << 16 | size_t{digest[1]} << 8 | digest[2];
  return users[place % users.size()].password_hash.Reveal();
}

// Who checks a user's password.
AuthBackEnd BackEndOf(const Snapshot& snapshot, std::string_view user) {
  const bool pam = !snapshot.auth().pam_service.empty() && snapshot.FindUser(user) == nullptr;
  return pam ? AuthBackEnd::kPam : AuthBackEnd::kHash;
}

}  // namespace

Verifier::Verifier(Loop& loop, Authenticator& authenticator, AuthThrottle& throttle,
                   Counters& counters, CurrentPolicy& policy, const CredentialCache::Key& key,
                   size_t waiters_max)
    : loop_(loop),
      authenticator_(authenticator),
      throttle_(throttle),
      counters_(counters),
      policy_(policy),
      cache_(key),
      // One for each who waits, and what is checked for nobody any more.
      questions_(waiters_max + limits::kAuthQuestionsAsked),
      buckets_(limits::kAuthBuckets) {}

// Answers that have not come yet are never delivered: see Authenticator::Receiver.
Verifier::~Verifier() {
  const auto give = [this](Question& question) {
    while (!question.waiters.empty()) question.waiters.PopFront().question_ = nullptr;
    questions_.Give(&question);
  };
  for (IntrusiveList<ByDigest>& bucket : buckets_) {
    while (!bucket.empty()) give(static_cast<Question&>(bucket.front()));
  }
  while (!asked_.empty()) give(static_cast<Question&>(asked_.front()));
}

// --- 1. The question

IntrusiveList<Verifier::ByDigest>& Verifier::Bucket(const CredentialCache::Digest& digest) {
  return buckets_[(size_t{digest[8]} << 8 | digest[9]) % buckets_.size()];
}

// The question that these credentials are waiting in, if any. One that was asked is an answer for
// its snapshot only.
Verifier::Question* Verifier::Find(const CredentialCache::Digest& digest, uint64_t generation) {
  Question* found = nullptr;
  Bucket(digest).ForEach([&](ByDigest& member) {
    auto& question = static_cast<Question&>(member);
    const bool current = !question.asked || question.generation == generation;
    if (current && question.digest == digest) found = &question;
  });
  return found;
}

CheckLine::Rank Verifier::RankOf(const Address& client, const Credentials& credentials,
                                 const CredentialCache::Digest& digest) {
  const absl::Time now = loop_.now();
  if (throttle_.good_lately().Knows(SourceOf(client), credentials.user, digest, now)) {
    return CheckLine::Rank::kGood;
  }
  const bool failed = throttle_.StandingOf(client, TermsNow(), now).failed;
  return failed ? CheckLine::Rank::kFailed : CheckLine::Rank::kNew;
}

std::optional<AuthVerdict> Verifier::Verify(const Address& client, Waiter& waiter) {
  if (Refuses(client)) return AuthVerdict::kThrottled;
  const Snapshot& snapshot = policy_.snapshot();
  const Credentials credentials = waiter.credentials();
  const CredentialCache::Digest digest = cache_.DigestOf(credentials);
  if (cache_.Knows(digest, snapshot.generation(), loop_.now())) {
    counters_.auth_cache_hits.Add(1);
    return AuthVerdict::kAccepted;
  }
  const CheckLine::Rank rank = RankOf(client, credentials, digest);
  Question* question = Find(digest, snapshot.generation());
  if (question == nullptr) {
    question = questions_.Take(digest);
    if (question == nullptr) return AuthVerdict::kBusy;
    question->rank = rank;
    question->back_end = BackEndOf(snapshot, credentials.user);
    Bucket(digest).PushBack(*question);
    Join(*question, client);
  } else if (!question->asked && rank < question->rank) {
    Leave(*question);
    question->rank = rank;
    Join(*question, client);
  }
  waiter.client_ = client;
  waiter.question_ = question;
  question->waiters.PushBack(waiter);
  AskNext();
  return std::nullopt;
}

// It takes a turn of `client`'s source.
void Verifier::Join(Question& question, const Address& client) {
  Waiting& waiting = WaitingFor(question.back_end);
  waiting.line.Join(question, question.rank, SourceOf(client), loop_.now());
  ++waiting.questions;
}

void Verifier::Leave(Question& question) {
  static_cast<CheckLine::Place&>(question).Unlink();
  --WaitingFor(question.back_end).questions;
}

bool Verifier::InLine(const Waiter& waiter) const {
  return waiter.question_ != nullptr && !waiter.question_->asked;
}

void Verifier::Forget(Waiter& waiter) {
  waiter.Unlink();
  Question* question = std::exchange(waiter.question_, nullptr);
  if (question == nullptr || !question->waiters.empty()) return;
  if (!question->asked) {
    counters_.auth_abandoned.Add(1);
    Leave(*question);
    return questions_.Give(question);
  }
  // Who comes with the same credentials asks anew.
  static_cast<ByDigest&>(*question).Unlink();
  authenticator_.Forget(questions_.HandleOf(question).index);
}

// --- 2. Its turn

void Verifier::AskNext() {
  for (const AuthBackEnd back_end : {AuthBackEnd::kHash, AuthBackEnd::kPam, AuthBackEnd::kHash}) {
    Waiting& waiting = WaitingFor(back_end);
    while (waiting.questions > 0 && authenticator_.HasRoom(back_end)) {
      auto& question = static_cast<Question&>(*waiting.line.Next(loop_.now()));
      --waiting.questions;
      TellWhoIsRefused(question);
      if (question.waiters.empty()) {
        questions_.Give(&question);
      } else if (!Ask(question)) {
        Tell(question, AuthVerdict::kBroken);
        questions_.Give(&question);
      }
    }
  }
}

// Many guesses may have been made at once, before the first of them failed.
void Verifier::TellWhoIsRefused(Question& question) {
  IntrusiveList<Waiter> refused;
  question.waiters.ForEach([&](Waiter& waiter) {
    if (!Refuses(waiter.client_)) return;
    waiter.Unlink();
    waiter.question_ = nullptr;
    refused.PushBack(waiter);
  });
  while (!refused.empty()) {
    refused.PopFront().OnVerified(AuthVerdict::kThrottled, absl::ZeroDuration());
  }
}

// False where the Authenticator cannot take it.
bool Verifier::Ask(Question& question) {
  const Snapshot& snapshot = policy_.snapshot();
  const Waiter& first = question.waiters.front();
  AuthQuestion asked;
  asked.credentials = first.credentials();
  const AuthBackEnd back_end = BackEndOf(snapshot, asked.credentials.user);
  if (back_end != question.back_end) {
    // Others are users since it joined the line.
    question.back_end = back_end;
    Join(question, first.client_);
    return true;
  }
  question.client = first.client_;
  question.generation = snapshot.generation();
  question.remembered = snapshot.auth().cache;
  question.terms = AuthThrottle::Terms(snapshot.auth());
  asked.client = question.client;
  asked.terms = question.terms;
  asked.asked_at = loop_.now();
  if (back_end == AuthBackEnd::kPam) {
    asked.pam_service = snapshot.auth().pam_service;
    asked.patience = snapshot.auth().pam_timeout;
  } else if (const User* user = snapshot.FindUser(asked.credentials.user)) {
    asked.password_hash = user->password_hash.Reveal();
  } else {
    asked.password_hash = DecoyHash(snapshot, question.digest);
    asked.decoy = true;
  }
  if (!authenticator_.Start(asked, questions_.HandleOf(&question).index, *this)) return false;
  question.asked = true;
  asked_.PushBack(question);
  return true;
}

// --- 3. The verdict

void Verifier::OnVerdict(uint32_t ticket, AuthVerdict verdict) {
  Question& question = questions_.At(ticket);
  static_cast<CheckLine::Place&>(question).Unlink();
  if (verdict == AuthVerdict::kThrottled && !question.waiters.empty()) {
    // The source of the first who waited was refused meanwhile; at its next turn it is told so, and
    // what the others presented is checked.
    question.asked = false;
    Join(question, question.waiters.front().client_);
    return AskNext();
  }
  if (verdict == AuthVerdict::kBusy) counters_.auth_abandoned.Add(1);
  // Who comes from now on finds the cache, or asks anew.
  static_cast<ByDigest&>(question).Unlink();
  if (verdict == AuthVerdict::kAccepted && question.remembered > absl::ZeroDuration()) {
    cache_.Remember(question.digest, question.generation, loop_.now() + question.remembered);
  }
  // A guess counts also where the client did not wait for its answer.
  if (question.waiters.empty() && verdict == AuthVerdict::kRejected) {
    throttle_.NoteFailure(question.client, question.terms, loop_.now());
  }
  Tell(question, verdict);
  questions_.Give(&question);
  AskNext();
}

void Verifier::Tell(Question& question, AuthVerdict verdict) {
  const absl::Time now = loop_.now();
  while (!question.waiters.empty()) {
    Waiter& waiter = question.waiters.PopFront();
    waiter.question_ = nullptr;
    if (verdict == AuthVerdict::kAccepted) {
      throttle_.good_lately().Note(SourceOf(waiter.client_), waiter.credentials().user,
                                   question.digest, now);
    }
    if (verdict == AuthVerdict::kRejected)
      throttle_.NoteFailure(waiter.client_, question.terms, now);
    waiter.OnVerified(verdict, throttle_.StandingOf(waiter.client_, question.terms, now).delay);
  }
}

}  // namespace sluice
