// A job's way: Put copies it into the line. Run takes it out, checks, wipes and tells who asked.
// Where the back end may hang, Watch looks at how long each has taken (LeaveBehind) and hires.

#include "relay/auth/auth_crew.h"

#include <sys/resource.h>

#include <algorithm>
#include <condition_variable>
#include <list>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/start_thread.h"
#include "glog/logging.h"

namespace sluice {
namespace {

using Clock = std::chrono::steady_clock;

// A CPU that both want belongs to the sessions that are open.
constexpr int kNice = 5;

// Deeper than the frames of crypt(3) or of PAM's modules reach, some of which keep the password in
// an array of their own.
constexpr size_t kStackWipedBytes = 128 * 1024;

// What the calls before this one have left on the stack. Not inlined: its own frame must lie where
// theirs did.
__attribute__((noinline)) void WipeStack() {
  char below[kStackWipedBytes];
  Wipe(below, sizeof(below));
}

}  // namespace

bool AuthJob::Set(const AuthQuestion& question) {
  if (!user.Set(question.credentials.user) || !password.Set(question.credentials.password) ||
      !hash.Set(question.password_hash) || !service.Set(question.pam_service)) {
    password.Erase();
    return false;
  }
  decoy = question.decoy;
  client = question.client;
  terms = question.terms;
  asked_at = question.asked_at;
  patience = question.patience;
  wanted = true;
  return true;
}

// A thread of the crew.
struct AuthCrew::Member {
  std::thread thread;
  AuthJob job;
  bool checks = false;       // the job
  Clock::time_point until;   // where the back end may hang
  bool left_behind = false;  // `job` is answered already, and nobody joins `thread`

  bool may_be_left() const { return checks && !left_behind; }
};

struct AuthCrew::State {
  explicit State(const Options& o) : options(o) {}

  AuthJob& Waiting(size_t place) { return line[(first + place) % line.size()]; }

  const Options options;
  std::mutex mutex;
  std::condition_variable work_to_do;
  std::condition_variable changed;  // a check has begun or ended, or a thread has
  std::vector<AuthJob> line;        // a ring: `waiting` jobs from `first` on
  size_t first = 0;
  size_t waiting = 0;
  bool stopping = false;
  std::list<Member> members;
  int working = 0;      // members that were not left behind
  int left_behind = 0;  // the others
};

AuthCrew::AuthCrew(const Options& options) : state_(std::make_shared<State>(options)) {
  const std::lock_guard<std::mutex> lock(state_->mutex);
  while (state_->working < options.threads && status_.ok()) status_ = Hire(state_);
  if (!options.may_hang || !status_.ok()) return;
  absl::StatusOr<std::thread> watch =
      StartThread(absl::StrCat(options.name, "-watch"), [state = state_] { Watch(state); });
  status_ = watch.status();
  if (status_.ok()) watch_ = *std::move(watch);
}

AuthCrew::~AuthCrew() {
  std::unique_lock<std::mutex> lock(state_->mutex);
  state_->stopping = true;
  state_->work_to_do.notify_all();
  state_->changed.notify_all();
  lock.unlock();
  if (watch_.joinable()) watch_.join();
  lock.lock();
  if (state_->options.may_hang) {
    state_->changed.wait_for(lock, absl::ToChronoMilliseconds(limits::kAuthStopPatience), [this] {
      return std::none_of(state_->members.begin(), state_->members.end(),
                          [](const Member& member) { return member.checks; });
    });
  }
  std::vector<std::thread> ending;
  for (Member& member : state_->members) {
    if (member.left_behind) continue;
    if (member.checks && state_->options.may_hang) {
      member.left_behind = true;
      member.thread.detach();
    } else {
      ending.push_back(std::move(member.thread));
    }
  }
  lock.unlock();
  for (std::thread& thread : ending) thread.join();
  lock.lock();
  for (AuthJob& job : state_->line) job.password.Erase();
}

void AuthCrew::MakeRoom(size_t jobs) {
  const std::lock_guard<std::mutex> lock(state_->mutex);
  CHECK_EQ(state_->waiting, 0u) << "room is made before the first question";
  state_->line.resize(state_->line.size() + jobs);
}

bool AuthCrew::Put(const AuthQuestion& question, uint32_t ticket, AuthAsker& asker) {
  {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    if (state_->waiting == state_->line.size()) return false;
    AuthJob& job = state_->Waiting(state_->waiting);
    if (!job.Set(question)) return false;
    job.ticket = ticket;
    job.asker = &asker;
    ++state_->waiting;
  }
  state_->work_to_do.notify_one();
  return true;
}

void AuthCrew::Forget(uint32_t ticket, const AuthAsker& asker) {
  const std::lock_guard<std::mutex> lock(state_->mutex);
  for (size_t place = 0; place < state_->waiting; ++place) {
    AuthJob& job = state_->Waiting(place);
    if (job.ticket == ticket && job.asker == &asker) job.wanted = false;
  }
}

// --- A thread of the crew

// With the mutex held.
absl::Status AuthCrew::Hire(const std::shared_ptr<State>& state) {
  Member& member = state->members.emplace_back();
  absl::StatusOr<std::thread> thread =
      StartThread(state->options.name, [state, &member] { Run(state, member); });
  if (!thread.ok()) {
    state->members.pop_back();
    return thread.status();
  }
  member.thread = *std::move(thread);
  ++state->working;
  return absl::OkStatus();
}

void AuthCrew::Run(const std::shared_ptr<State>& state, Member& member) {
  setpriority(PRIO_PROCESS, 0, kNice);  // on Linux, of this thread
  PasswordCheck check;
  std::unique_lock<std::mutex> lock(state->mutex);
  while (true) {
    state->work_to_do.wait(lock, [&state] { return state->stopping || state->waiting > 0; });
    if (state->stopping) return;
    AuthJob& first = state->Waiting(0);
    member.job = first;
    first.password.Erase();
    state->first = (state->first + 1) % state->line.size();
    --state->waiting;
    member.checks = true;
    if (state->options.may_hang) {
      member.until = Clock::now() + absl::ToChronoMilliseconds(member.job.patience);
      state->changed.notify_all();
    }
    lock.unlock();
    const AuthVerdict verdict = Check(*state, member.job, check);
    member.job.password.Erase();
    WipeStack();
    lock.lock();
    member.checks = false;
    state->changed.notify_all();
    if (member.left_behind) break;
    AuthAsker& asker = *member.job.asker;
    lock.unlock();
    asker.OnChecked(member.job.ticket, verdict);
    lock.lock();
  }
  --state->left_behind;
  state->members.remove_if([&member](const Member& other) { return &other == &member; });
}

AuthVerdict AuthCrew::Check(const State& state, const AuthJob& job, PasswordCheck& check) {
  if (!job.wanted) return AuthVerdict::kBusy;
  // Many guesses may have been asked at once, before the first of them failed.
  AuthThrottle* throttle = state.options.throttle;
  if (throttle != nullptr && throttle->StandingOf(job.client, job.terms, job.asked_at).refused) {
    return AuthVerdict::kThrottled;
  }
  return state.options.work(job, check, state.options.pam_folder);
}

// --- The thread that looks after them

void AuthCrew::Watch(const std::shared_ptr<State>& state) {
  std::unique_lock<std::mutex> lock(state->mutex);
  while (!state->stopping) {
    // Where none is to be had it is tried again when something has changed.
    while (state->working < state->options.threads &&
           state->left_behind <= limits::kAuthThreadsLeftBehind && Hire(state).ok()) {
    }
    const auto first = std::min_element(state->members.begin(), state->members.end(),
                                        [](const Member& a, const Member& b) {
                                          return std::make_pair(!a.may_be_left(), a.until) <
                                                 std::make_pair(!b.may_be_left(), b.until);
                                        });
    if (first == state->members.end() || !first->may_be_left()) {
      state->changed.wait(lock);
    } else if (first->until > Clock::now()) {
      state->changed.wait_until(lock, first->until);
    } else {
      LeaveBehind(*state, *first, lock);
    }
  }
}

void AuthCrew::LeaveBehind(State& state, Member& member, std::unique_lock<std::mutex>& lock) {
  member.left_behind = true;
  member.thread.detach();
  --state.working;
  const int left_behind = ++state.left_behind;
  // Its asker locks what it needs for as long as a push takes, and nothing of the crew's.
  member.job.asker->OnChecked(member.job.ticket, AuthVerdict::kBroken);
  const absl::Duration patience = member.job.patience;
  const std::string service(member.job.service.view());
  // Whoever reads the log may not, and shards must not wait for that.
  lock.unlock();
  LOG(ERROR) << "a check by PAM has taken longer than " << absl::FormatDuration(patience)
             << " (auth.pam_timeout): its thread is left behind, the " << left_behind
             << ". now, and "
             << (left_behind <= limits::kAuthThreadsLeftBehind
                     ? "another takes its place"
                     : "no other takes its place until one comes back")
             << "; look at /etc/pam.d/" << service << " and at what its modules wait for";
  lock.lock();
}

}  // namespace sluice
