// A question's way: Desk::Start puts it into the line of a crew, whose threads check it and lay the
// verdict on the desk (OnChecked); the shard is woken, and Desk::Deliver gives the verdicts out.

#include "relay/auth/auth_workers.h"

#include <array>
#include <mutex>

#include "glog/logging.h"
#include "relay/auth/auth_crew.h"
#include "relay/auth/pam_check.h"
#include "relay/auth/password_hash.h"

namespace sluice {
namespace {

// An operator wants to hear of a broken back end, not of every session that met it: those have
// lines of their own.
constexpr int kComplainEvery = 100;

AuthVerdict CheckHash(const AuthJob& job, PasswordCheck& check, const std::string&) {
  switch (check.Check(job.password.view(), job.hash.view())) {
    case PasswordCheck::Result::kMatches:
      return job.decoy ? AuthVerdict::kRejected : AuthVerdict::kAccepted;
    case PasswordCheck::Result::kDiffers: return AuthVerdict::kRejected;
    case PasswordCheck::Result::kBroken: break;
  }
  LOG_EVERY_N(ERROR, kComplainEvery) << "a password cannot be checked: crypt(3) of this host "
                                        "does not know the kind of its hash; "
                                        "make a new one with sluiced --hash_password";
  return job.decoy ? AuthVerdict::kRejected : AuthVerdict::kBroken;
}

AuthVerdict CheckByPam(const AuthJob& job, PasswordCheck&, const std::string& folder) {
  std::string problem;
  const AuthVerdict verdict =
      AskPam({std::string(job.service.view()), folder}, {job.user.view(), job.password.view()},
             job.client.ToString(), &problem);
  if (verdict == AuthVerdict::kBroken) {
    LOG_EVERY_N(ERROR, kComplainEvery)
        << "PAM cannot check a password: " << problem << "; look at /etc/pam.d/"
        << job.service.view() << " and at what its modules log";
  }
  return verdict;
}

}  // namespace

class AuthWorkers::Desk final : public Authenticator {
 public:
  Desk(Kernel& kernel, AuthCrew& hashing, AuthCrew& pam, size_t room)
      : kernel_(kernel), hashing_(hashing, room, *this), pam_(pam, room, *this) {
    hashing.MakeRoom(room);
    pam.MakeRoom(room);
    answers_.reserve(2 * room);
    delivered_.reserve(2 * room);
  }

  bool HasRoom(AuthBackEnd back_end) const override { return OfKind(back_end).room > 0; }

  bool Start(const AuthQuestion& question, uint32_t ticket, Receiver& receiver) override {
    const AuthBackEnd back_end = question.back_end();
    Kind& kind = OfKind(back_end);
    if (kind.room == 0) return false;
    receiver_ = &receiver;
    AuthAsker& asker = kind;
    if (!kind.crew.Put(question, ticket, asker)) return false;
    --kind.room;
    return true;
  }

  void Forget(uint32_t ticket) override {
    for (Kind* kind : {&hashing_, &pam_}) kind->crew.Forget(ticket, *kind);
  }

  void Deliver() override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (answers_.empty()) return;
      delivered_.swap(answers_);
    }
    for (const Answer& answer : delivered_) ++answer.kind->room;
    for (const Answer& answer : delivered_) receiver_->OnVerdict(answer.ticket, answer.verdict);
    delivered_.clear();
  }

 private:
  // What the desk has with one crew.
  struct Kind final : public AuthAsker {
    Kind(AuthCrew& c, size_t r, Desk& d) : crew(c), room(r), desk(d) {}
    void OnChecked(uint32_t ticket, AuthVerdict verdict) override {
      desk.Lay({this, ticket, verdict});
    }

    AuthCrew& crew;
    size_t room;  // for more questions; the shard's thread only
    Desk& desk;
  };
  struct Answer {
    Kind* kind;
    uint32_t ticket;
    AuthVerdict verdict;
  };

  Kind& OfKind(AuthBackEnd back_end) { return back_end == AuthBackEnd::kPam ? pam_ : hashing_; }
  const Kind& OfKind(AuthBackEnd back_end) const {
    return back_end == AuthBackEnd::kPam ? pam_ : hashing_;
  }
  // A crew's thread.
  void Lay(const Answer& answer) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      answers_.push_back(answer);
    }
    kernel_.Wake();
  }

  Kernel& kernel_;
  Kind hashing_;
  Kind pam_;
  Receiver* receiver_ = nullptr;  // the shard has one
  std::mutex mutex_;
  std::vector<Answer> answers_;
  std::vector<Answer> delivered_;  // swapped with it, so that neither grows
};

AuthWorkers::AuthWorkers(const Options& options) : room_(static_cast<size_t>(options.threads) + 1) {
  AuthCrew::Options crew;
  crew.threads = options.threads;
  crew.throttle = options.throttle;
  crew.name = "hash";
  crew.work = &CheckHash;
  hashing_ = std::make_unique<AuthCrew>(crew);
  crew.name = "pam";
  crew.work = &CheckByPam;
  crew.may_hang = true;
  crew.pam_folder = options.pam_folder;
  pam_ = std::make_unique<AuthCrew>(crew);
}

absl::Status AuthWorkers::status() const {
  return hashing_->status().ok() ? pam_->status() : hashing_->status();
}

AuthWorkers::~AuthWorkers() {
  hashing_.reset();
  pam_.reset();
}

Authenticator& AuthWorkers::OpenDesk(Kernel& kernel) {
  desks_.push_back(std::make_unique<Desk>(kernel, *hashing_, *pam_, room_));
  return *desks_.back();
}

}  // namespace sluice
