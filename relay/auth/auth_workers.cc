// A question's way: Desk::Start copies it into a free job of a crew, whose threads take jobs in
// their order (Crew::Run), check, wipe and put them on their desk's pile; the shard is woken, and
// Desk::Deliver gives the verdicts out and the jobs back.

#include "relay/auth/auth_workers.h"

#include <sys/resource.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "core/start_thread.h"
#include "core/wipe.h"
#include "glog/logging.h"
#include "relay/auth/pam_check.h"
#include "relay/auth/password_hash.h"

namespace sluice {
namespace {

// A CPU that both want belongs to the sessions that are open.
constexpr int kNice = 5;
constexpr size_t kPamServiceBytesMax = 255;

// Deeper than the frames of crypt(3) or of PAM's modules reach, some of which keep the password in
// an array of their own.
constexpr size_t kStackWipedBytes = 128 * 1024;

// What the calls before this one have left on the stack. Not inlined: its own frame must lie where
// theirs did.
__attribute__((noinline)) void WipeStack() {
  char below[kStackWipedBytes];
  Wipe(below, sizeof(below));
}

// Bytes by value in a job.
template <size_t kBytesMax>
class JobBytes {
 public:
  // False where they do not fit.
  bool Set(std::string_view bytes) {
    if (bytes.size() > kBytesMax) return false;
    size_ = bytes.size();
    std::memcpy(bytes_.data(), bytes.data(), size_);
    return true;
  }
  void Erase() {
    Wipe(bytes_.data(), size_);
    size_ = 0;
  }
  std::string_view view() const { return {bytes_.data(), size_}; }

 private:
  size_t size_ = 0;
  std::array<char, kBytesMax> bytes_;
};

}  // namespace

struct AuthWorkers::Job {
  JobBytes<limits::kUserNameBytesMax> user;
  JobBytes<limits::kPasswordBytesMax> password;
  JobBytes<limits::kPasswordHashBytesMax> hash;
  JobBytes<kPamServiceBytesMax> service;
  bool decoy = false;
  Address client;
  AuthThrottle::Terms terms;
  absl::Time asked_at;
  AuthVerdict verdict = AuthVerdict::kBroken;
  Desk* desk = nullptr;
  uint32_t ticket = 0;
  Authenticator::Receiver* receiver = nullptr;  // the shard's
};

class AuthWorkers::Crew {
 public:
  using Work = AuthVerdict (*)(const Job& job, PasswordCheck& check, const std::string& pam_folder);

  Crew(const char* name, Work work, const Options& options)
      : work_(work),
        pam_folder_(options.pam_folder),
        throttle_(options.throttle),
        jobs_(options.queue_max),
        line_(options.queue_max) {
    for (Job& job : jobs_) free_.push_back(&job);
    for (int i = 0; i < options.threads && status_.ok(); ++i) {
      absl::StatusOr<std::thread> thread =
          StartThread(absl::StrCat(name, "-", i), [this] { Run(); });
      status_ = thread.status();
      if (status_.ok()) threads_.push_back(*std::move(thread));
    }
  }
  const absl::Status& status() const { return status_; }
  ~Crew() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stopping_ = true;
    }
    work_to_do_.notify_all();
    for (std::thread& thread : threads_) thread.join();
    for (Job& job : jobs_) job.password.Erase();
  }

  // A job to fill and Put; null where all are in use.
  Job* TakeFree() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (free_.empty()) return nullptr;
    Job* job = free_.back();
    free_.pop_back();
    return job;
  }
  void GiveBack(Job* job) {
    const std::lock_guard<std::mutex> lock(mutex_);
    free_.push_back(job);
  }
  void Put(Job* job) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      line_[(first_ + waiting_++) % line_.size()] = job;
    }
    work_to_do_.notify_one();
  }

 private:
  void Run();

  const Work work_;
  const std::string pam_folder_;
  AuthThrottle* const throttle_;
  std::vector<Job> jobs_;
  std::mutex mutex_;
  std::condition_variable work_to_do_;
  std::vector<Job*> free_;
  std::vector<Job*> line_;  // a ring: `waiting_` jobs from `first_` on
  size_t first_ = 0;
  size_t waiting_ = 0;
  bool stopping_ = false;
  absl::Status status_;
  std::vector<std::thread> threads_;
};

class AuthWorkers::Desk final : public Authenticator {
 public:
  Desk(Kernel& kernel, Crew& hashing, Crew& pam, size_t jobs_max)
      : kernel_(kernel), hashing_(hashing), pam_(pam) {
    answered_.reserve(jobs_max);
    delivered_.reserve(jobs_max);
  }

  bool Start(const AuthQuestion& question, uint32_t ticket, Receiver& receiver) override {
    Crew& crew = question.password_hash.empty() ? pam_ : hashing_;
    Job* job = crew.TakeFree();
    if (job == nullptr) return false;
    if (!job->user.Set(question.credentials.user) ||
        !job->password.Set(question.credentials.password) ||
        !job->hash.Set(question.password_hash) || !job->service.Set(question.pam_service)) {
      job->password.Erase();
      crew.GiveBack(job);
      return false;
    }
    job->decoy = question.decoy;
    job->client = question.client;
    job->terms = question.terms;
    job->asked_at = question.asked_at;
    job->desk = this;
    job->ticket = ticket;
    job->receiver = &receiver;
    crew.Put(job);
    return true;
  }

  void Deliver() override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (answered_.empty()) return;
      delivered_.swap(answered_);
    }
    for (Job* job : delivered_) {
      Receiver& receiver = *job->receiver;
      const uint32_t ticket = job->ticket;
      const AuthVerdict verdict = job->verdict;
      (job->hash.view().empty() ? pam_ : hashing_).GiveBack(job);
      receiver.OnVerdict(ticket, verdict);
    }
    delivered_.clear();
  }

  // A crew's thread.
  void Answer(Job* job) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      answered_.push_back(job);
    }
    kernel_.Wake();
  }

 private:
  Kernel& kernel_;
  Crew& hashing_;
  Crew& pam_;
  std::mutex mutex_;
  std::vector<Job*> answered_;
  std::vector<Job*> delivered_;  // swapped with it, so that neither grows
};

void AuthWorkers::Crew::Run() {
  setpriority(PRIO_PROCESS, 0, kNice);  // on Linux, of this thread
  PasswordCheck check;
  while (true) {
    Job* job = nullptr;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      work_to_do_.wait(lock, [this] { return stopping_ || waiting_ > 0; });
      if (stopping_) return;
      job = line_[first_];
      first_ = (first_ + 1) % line_.size();
      --waiting_;
    }
    // Many guesses may have been asked at once, before the first of them failed.
    const bool refused = throttle_ != nullptr &&
                         throttle_->StandingOf(job->client, job->terms, job->asked_at).refused;
    job->verdict = refused ? AuthVerdict::kThrottled : work_(*job, check, pam_folder_);
    job->password.Erase();
    WipeStack();
    job->desk->Answer(job);
  }
}

namespace {

// An operator wants to hear of a broken back end, not of every session that met it: those have
// lines of their own.
constexpr int kComplainEvery = 100;

}  // namespace

AuthWorkers::AuthWorkers(const Options& options) {
  hashing_ = std::make_unique<Crew>(
      "hash",
      [](const Job& job, PasswordCheck& check, const std::string&) {
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
      },
      options);
  pam_ = std::make_unique<Crew>(
      "pam",
      [](const Job& job, PasswordCheck&, const std::string& folder) {
        std::string problem;
        const AuthVerdict verdict =
            AskPam({std::string(job.service.view()), folder},
                   {job.user.view(), job.password.view()}, job.client.ToString(), &problem);
        if (verdict == AuthVerdict::kBroken) {
          LOG_EVERY_N(ERROR, kComplainEvery)
              << "PAM cannot check a password: " << problem << "; look at /etc/pam.d/"
              << job.service.view() << " and at what its modules log";
        }
        return verdict;
      },
      options);
}

absl::Status AuthWorkers::status() const {
  return hashing_->status().ok() ? pam_->status() : hashing_->status();
}

AuthWorkers::~AuthWorkers() {
  hashing_.reset();
  pam_.reset();
}

Authenticator& AuthWorkers::OpenDesk(Kernel& kernel) {
  desks_.push_back(std::make_unique<Desk>(kernel, *hashing_, *pam_, limits::kAuthQuestionsMax));
  return *desks_.back();
}

}  // namespace sluice
