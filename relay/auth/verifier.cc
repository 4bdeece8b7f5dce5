#include "relay/auth/verifier.h"

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

}  // namespace

Verifier::Verifier(Loop& loop, Authenticator& authenticator, AuthThrottle& throttle,
                   Counters& counters, const CredentialCache::Key& key)
    : loop_(loop),
      authenticator_(authenticator),
      throttle_(throttle),
      counters_(counters),
      cache_(key),
      questions_(limits::kAuthQuestionsMax) {}

// Answers that have not come yet are never delivered: see Authenticator::Receiver.
Verifier::~Verifier() {
  while (!asked_.empty()) questions_.Give(&asked_.PopFront());
}

std::optional<AuthVerdict> Verifier::Verify(const Credentials& credentials, const Address& client,
                                            const Snapshot& snapshot, Waiter& waiter) {
  if (Refuses(client, snapshot)) return AuthVerdict::kThrottled;
  const CredentialCache::Digest digest = cache_.DigestOf(credentials);
  if (cache_.Knows(digest, snapshot.generation(), loop_.now())) {
    counters_.auth_cache_hits.Add(1);
    return AuthVerdict::kAccepted;
  }
  int of_client = 0;
  Question* question = FindQuestion(digest, snapshot.generation(), client, &of_client);
  if (question == nullptr) {
    if (of_client >= limits::kAuthQuestionsPerSourceMax) return AuthVerdict::kBusy;
    question = questions_.Take(digest, client, snapshot);
    if (question == nullptr) return AuthVerdict::kBusy;
    if (!Ask(credentials, snapshot, *question)) {
      questions_.Give(question);
      return AuthVerdict::kBusy;
    }
    asked_.PushBack(*question);
  }
  waiter.client_ = client;
  question->waiters.PushBack(waiter);
  return std::nullopt;
}

// The question that these credentials are being asked in, if any; counts those that `client`
// caused.
Verifier::Question* Verifier::FindQuestion(const CredentialCache::Digest& digest,
                                           uint64_t generation, const Address& client,
                                           int* of_client) {
  Question* found = nullptr;
  asked_.ForEach([&](Question& question) {
    if (question.digest == digest && question.generation == generation) found = &question;
    if (question.client == client) ++*of_client;
  });
  return found;
}

bool Verifier::Ask(const Credentials& credentials, const Snapshot& snapshot,
                   const Question& question) {
  AuthQuestion asked;
  asked.credentials = credentials;
  asked.client = question.client;
  asked.terms = question.terms;
  asked.asked_at = loop_.now();
  asked.pam_service = snapshot.auth().pam_service;
  const User* user = snapshot.FindUser(credentials.user);
  if (user != nullptr) {
    asked.password_hash = user->password_hash.Reveal();
  } else if (asked.pam_service.empty()) {
    asked.password_hash = DecoyHash(snapshot, question.digest);
    asked.decoy = true;
  }
  return authenticator_.Start(asked, questions_.HandleOf(&question).index, *this);
}

void Verifier::OnVerdict(uint32_t ticket, AuthVerdict verdict) {
  Question& question = questions_.At(ticket);
  question.Unlink();  // who comes from now on finds the cache, or asks anew
  const absl::Time now = loop_.now();
  if (verdict == AuthVerdict::kAccepted && question.remembered > absl::ZeroDuration()) {
    cache_.Remember(question.digest, question.generation, now + question.remembered);
  }
  const auto delay_of = [&](const Address& client) {
    if (verdict == AuthVerdict::kRejected) throttle_.NoteFailure(client, question.terms, now);
    return throttle_.StandingOf(client, question.terms, now).delay;
  };
  // A guess counts also where the client did not wait for its answer.
  if (question.waiters.empty()) delay_of(question.client);
  while (!question.waiters.empty()) {
    Waiter& waiter = question.waiters.PopFront();
    waiter.OnVerified(verdict, delay_of(waiter.client_));
  }
  questions_.Give(&question);
}

}  // namespace sluice
