#include "tests/sim/sim_authenticator.h"

namespace sluice {

bool SimAuthenticator::Start(const AuthQuestion& question, uint32_t ticket, Receiver& receiver) {
  if (questions_ >= users_.questions_max) return false;
  const auto found = users_.users.find(question.credentials.user);
  const SimUsers::User user = found != users_.users.end() ? found->second : SimUsers::User();
  const bool right = found != users_.users.end() && !question.decoy &&
                     user.password == question.credentials.password;
  AuthVerdict verdict = right ? AuthVerdict::kAccepted : AuthVerdict::kRejected;
  if (user.broken != AuthVerdict::kAccepted) verdict = user.broken;
  network_.Trace("credentials asked", ticket, static_cast<int64_t>(verdict));
  ++questions_;
  network_.clock().After(user.answered_after, [this, ticket, verdict, &receiver] {
    kernel_.CallInTurn([this, ticket, verdict, &receiver] {
      --questions_;
      receiver.OnVerdict(ticket, verdict);
    });
  });
  return true;
}

}  // namespace sluice
