#include "tests/sim/sim_authenticator.h"

namespace sluice {

bool SimAuthenticator::Start(const AuthQuestion& question, uint32_t ticket, Receiver& receiver) {
  if (!HasRoom(question.back_end())) return false;
  const auto found = users_.users.find(question.credentials.user);
  const SimUsers::User user = found != users_.users.end() ? found->second : SimUsers::User();
  const bool right = found != users_.users.end() && !question.decoy &&
                     user.password == question.credentials.password;
  AuthVerdict verdict = right ? AuthVerdict::kAccepted : AuthVerdict::kRejected;
  if (user.broken != AuthVerdict::kAccepted) verdict = user.broken;
  network_.Trace("credentials asked", ticket, static_cast<int64_t>(verdict));
  size_t& questions = questions_[static_cast<size_t>(question.back_end())];
  ++questions;
  network_.clock().After(user.answered_after, [this, ticket, verdict, &questions, &receiver] {
    kernel_.CallInTurn([ticket, verdict, &questions, &receiver] {
      --questions;
      receiver.OnVerdict(ticket, verdict);
    });
  });
  return true;
}

}  // namespace sluice
