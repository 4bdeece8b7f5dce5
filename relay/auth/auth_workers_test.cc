// With real hashes and the host's PAM, whose services are files of the test's own.

#include "relay/auth/auth_workers.h"

#include <crypt.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "tests/sim/sim_kernel.h"

// The leak sanitizer asks for this. libpam 1.5 loses 96 bytes, once per process, that it has
// allocated itself.
extern "C" const char* __lsan_default_suppressions() { return "leak:libpam.so\n"; }

// So does the thread sanitizer, which does not see the lock that the loader takes: what one thread
// allocates when libpam opens a module, another frees when it closes the last use of it.
extern "C" const char* __tsan_default_suppressions() { return "race:_dl_close_worker\n"; }

namespace sluice {
namespace {

std::string Hash(const std::string& password) {
  crypt_data data = {};
  return crypt_r(password.c_str(), "$6$rounds=1000$saltsalt", &data);
}

class AuthWorkersTest : public testing::Test, private Authenticator::Receiver {
 protected:
  AuthWorkersTest()
      : folder_(std::filesystem::path(testing::TempDir()) / ("pam-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_);
    options_.threads = 2;
    options_.pam_folder = folder_.string();
  }
  ~AuthWorkersTest() override { std::filesystem::remove_all(folder_); }

  void Open() {
    workers_ = std::make_unique<AuthWorkers>(options_);
    desk_ = &workers_->OpenDesk(kernel_);
  }
  // Lets so many through the gate, whether they stand at it already or are on their way. It stays
  // open for as long as the process lives, so that none of them comes to a closed one.
  void LetThrough(int count) {
    if (gate_fd_ < 0) gate_fd_ = open(gate_.c_str(), O_RDWR | O_CLOEXEC);
    const std::string lines(static_cast<size_t>(count), '\n');
    ASSERT_EQ(write(gate_fd_, lines.data(), lines.size()), static_cast<ssize_t>(lines.size()));
  }
  bool Ask(uint32_t ticket, const std::string& user, const std::string& password,
           const std::string& hash, bool decoy = false, const std::string& service = "") {
    AuthQuestion question;
    question.credentials = {user, password};
    question.password_hash = hash;
    question.decoy = decoy;
    question.pam_service = service;
    question.client = client_;
    question.terms = terms_;
    question.asked_at = kernel_.Now();
    question.patience = patience_;
    return desk_->Start(question, ticket, *this);
  }
  // Turns as a shard does until `count` answers have come.
  void Await(size_t count) {
    while (verdicts_.size() < count) {
      kernel_.Turn(kernel_.Now());
      desk_->Deliver();
    }
  }
  AuthVerdict AskPam(const std::string& service, const std::string& user,
                     const std::string& password) {
    verdicts_.clear();
    EXPECT_TRUE(Ask(1, user, password, "", false, service));
    Await(1);
    return verdicts_.at(1);
  }
  void WriteService(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
  }

  // Accepts once a line was written to gate_. Opening that for writing waits until the service
  // stands at it.
  void WriteHangingService() {
    const std::string script = (folder_ / "hang.sh").string();
    ASSERT_EQ(mkfifo(gate_.c_str(), 0600), 0);
    std::ofstream(script) << "#!/bin/sh\nread -r line < " << gate_ << "\n";
    std::filesystem::permissions(script, std::filesystem::perms::owner_all);
    WriteService(
        "hang", "auth required pam_exec.so quiet " + script + "\naccount required pam_permit.so\n");
  }

  const std::filesystem::path folder_;
  const std::string gate_ = (folder_ / "gate").string();
  AuthWorkers::Options options_;
  SimNetwork network_{1};
  SimHost& host_{network_.AddHost({Address::FromV4({10, 0, 0, 1})})};
  SimProcess process_{network_, host_};
  SimKernel kernel_{process_, SimKernel::Options()};
  std::unique_ptr<AuthWorkers> workers_;
  Authenticator* desk_ = nullptr;
  std::map<uint32_t, AuthVerdict> verdicts_;
  Address client_ = *Address::Parse("192.0.2.1");
  AuthThrottle throttle_{AuthThrottle::Key()};
  AuthThrottle::Terms terms_;
  absl::Duration patience_ = absl::Hours(1);
  int gate_fd_ = -1;

 private:
  void OnVerdict(uint32_t ticket, AuthVerdict verdict) override {
    EXPECT_TRUE(verdicts_.emplace(ticket, verdict).second) << "told twice of " << ticket;
  }
};

TEST_F(AuthWorkersTest, EveryQuestionIsAnsweredOnce) {
  Open();
  const std::string hash = Hash("secret");
  for (uint32_t i = 0; i < 100; ++i) {
    ASSERT_TRUE(Ask(i, "alice", i % 3 == 0 ? "secret" : "wrong", hash));
    if (!desk_->HasRoom(AuthBackEnd::kHash)) Await(i);
  }
  Await(100);
  for (uint32_t i = 0; i < 100; ++i) {
    EXPECT_EQ(verdicts_[i], i % 3 == 0 ? AuthVerdict::kAccepted : AuthVerdict::kRejected) << i;
  }
}

TEST_F(AuthWorkersTest, ADecoyIsNeverAccepted) {
  Open();
  ASSERT_TRUE(Ask(1, "mallory", "secret", Hash("secret"), /*decoy=*/true));
  Await(1);
  EXPECT_EQ(verdicts_[1], AuthVerdict::kRejected);
}

TEST_F(AuthWorkersTest, AHashOfNoKnownKindIsBrokenAndNotAccepted) {
  Open();
  ASSERT_TRUE(Ask(1, "alice", "secret", "$nonsense$secret"));
  Await(1);
  EXPECT_EQ(verdicts_[1], AuthVerdict::kBroken);
}

TEST_F(AuthWorkersTest, ADeskHasRoomForOneMoreThanThereAreThreads) {
  Open();
  const std::string hash = Hash("secret");
  for (uint32_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(desk_->HasRoom(AuthBackEnd::kHash));
    EXPECT_TRUE(Ask(i, "alice", "secret", hash));
  }
  EXPECT_FALSE(desk_->HasRoom(AuthBackEnd::kHash)) << "places are given back only by Deliver";
  EXPECT_FALSE(Ask(3, "alice", "secret", hash));
  EXPECT_TRUE(desk_->HasRoom(AuthBackEnd::kPam)) << "of the other back end";
  Await(3);
  EXPECT_TRUE(desk_->HasRoom(AuthBackEnd::kHash));
}

TEST_F(AuthWorkersTest, EachDeskGetsItsOwnAnswers) {
  Open();
  SimKernel other_kernel(process_, SimKernel::Options());
  Authenticator& other = workers_->OpenDesk(other_kernel);
  ASSERT_TRUE(Ask(1, "alice", "secret", Hash("secret")));
  other.Deliver();
  Await(1);
  EXPECT_EQ(verdicts_.size(), 1u);
}

TEST_F(AuthWorkersTest, ItMayEndWithQuestionsInLine) {
  Open();
  const std::string hash = Hash("secret");
  for (uint32_t i = 0; i < 3; ++i) ASSERT_TRUE(Ask(i, "alice", "secret", hash));
  workers_.reset();
}

TEST_F(AuthWorkersTest, PamPermitsAndDenies) {
  WriteService("permit", "auth required pam_permit.so\naccount required pam_permit.so\n");
  WriteService("deny", "auth required pam_deny.so\naccount required pam_permit.so\n");
  WriteService("deny-account", "auth required pam_permit.so\naccount required pam_deny.so\n");
  Open();
  EXPECT_EQ(AskPam("permit", "bob", "secret"), AuthVerdict::kAccepted);
  EXPECT_EQ(AskPam("deny", "bob", "secret"), AuthVerdict::kRejected);
  EXPECT_NE(AskPam("deny-account", "bob", "secret"), AuthVerdict::kAccepted)
      << "the account counts too";
}

TEST_F(AuthWorkersTest, PamIsGivenThePasswordAndTheClient) {
  const std::string script = (folder_ / "check.sh").string();
  std::ofstream(script) << "#!/bin/sh\nread -r password\n"
                        << "[ \"$password\" = 'se cret' ] && [ \"$PAM_USER\" = bob ] && [ "
                           "\"$PAM_RHOST\" = 192.0.2.1 ]\n";
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  WriteService("exec", "auth required pam_exec.so expose_authtok quiet " + script +
                           "\naccount required pam_permit.so\n");
  Open();
  EXPECT_EQ(AskPam("exec", "bob", "se cret"), AuthVerdict::kAccepted);
  EXPECT_NE(AskPam("exec", "bob", "secret"), AuthVerdict::kAccepted);
  EXPECT_NE(AskPam("exec", "eve", "se cret"), AuthVerdict::kAccepted);
  EXPECT_EQ(AskPam("exec", "bob", std::string("se cret\0x", 9)), AuthVerdict::kRejected)
      << "nothing is cut at a NUL";
  EXPECT_EQ(AskPam("exec", std::string("bob\0x", 5), "se cret"), AuthVerdict::kRejected);
}

TEST_F(AuthWorkersTest, ABrokenPamServiceIsBrokenAndNotAccepted) {
  WriteService("broken", "auth required /no/such/module.so\naccount required /no/such/module.so\n");
  Open();
  EXPECT_EQ(AskPam("broken", "bob", "secret"), AuthVerdict::kBroken);
  EXPECT_EQ(AskPam("nowhere", "bob", "secret"), AuthVerdict::kBroken);
}

TEST_F(AuthWorkersTest, WhatWaitsInLineIsNotCheckedOnceItsSourceHasFailedTooOften) {
  WriteService("permit", "auth required pam_permit.so\naccount required pam_permit.so\n");
  WriteHangingService();
  terms_.refuse_after = 1;
  terms_.refuse_for = absl::Minutes(5);
  options_.threads = 1;
  options_.throttle = &throttle_;
  Open();
  ASSERT_TRUE(Ask(1, "bob", "secret", "", false, "hang"));
  ASSERT_TRUE(Ask(2, "bob", "guess", "", false, "permit"));
  // The thread stands at the gate with the first; another shard hears of a failure meanwhile.
  std::ofstream gate(gate_);
  throttle_.NoteFailure(*Address::Parse("192.0.2.1"), terms_, kernel_.Now());
  gate << "go\n" << std::flush;
  Await(2);
  EXPECT_EQ(verdicts_[1], AuthVerdict::kAccepted);
  EXPECT_EQ(verdicts_[2], AuthVerdict::kThrottled);
}

TEST_F(AuthWorkersTest, WhatWaitsInLineIsNotCheckedOnceNobodyWaitsForIt) {
  WriteService("permit", "auth required pam_permit.so\naccount required pam_permit.so\n");
  WriteHangingService();
  options_.threads = 1;
  Open();
  ASSERT_TRUE(Ask(1, "bob", "secret", "", false, "hang"));
  ASSERT_TRUE(Ask(2, "bob", "secret", "", false, "permit"));
  std::ofstream gate(gate_);  // the thread stands at it
  desk_->Forget(1);
  desk_->Forget(2);
  gate << "go\n" << std::flush;
  Await(2);
  EXPECT_EQ(verdicts_[1], AuthVerdict::kAccepted) << "it had begun";
  EXPECT_EQ(verdicts_[2], AuthVerdict::kBusy);
}

TEST_F(AuthWorkersTest, ACheckThatHangsIsBrokenAndAnotherThreadTakesItsPlace) {
  WriteService("permit", "auth required pam_permit.so\naccount required pam_permit.so\n");
  WriteHangingService();
  options_.threads = 1;
  patience_ = absl::Milliseconds(1);
  Open();
  // More than there are threads, one after the other.
  for (uint32_t i = 1; i <= 4; ++i) {
    ASSERT_TRUE(Ask(i, "bob", "secret", "", false, "hang"));
    Await(i);
    EXPECT_EQ(verdicts_[i], AuthVerdict::kBroken);
  }
  patience_ = absl::Hours(1);
  ASSERT_TRUE(Ask(5, "bob", "secret", "", false, "permit"));
  Await(5);
  EXPECT_EQ(verdicts_[5], AuthVerdict::kAccepted);
  // Those that come back find that they are answered; Ask notices who is told twice.
  workers_.reset();
  LetThrough(4);
}

TEST_F(AuthWorkersTest, ThreadsAreReplacedUpToABoundAndThenWhenOneComesBack) {
  WriteService("permit", "auth required pam_permit.so\naccount required pam_permit.so\n");
  WriteHangingService();
  options_.threads = 1;
  patience_ = absl::Milliseconds(1);
  Open();
  constexpr uint32_t kHanging = limits::kAuthThreadsLeftBehind + 1;
  for (uint32_t i = 1; i <= kHanging; ++i) {
    ASSERT_TRUE(Ask(i, "bob", "secret", "", false, "hang"));
    Await(i);
  }
  patience_ = absl::Hours(1);
  ASSERT_TRUE(Ask(kHanging + 1, "bob", "secret", "", false, "permit"));
  EXPECT_EQ(verdicts_.count(kHanging + 1), 0u) << "there is no thread";
  LetThrough(1);
  Await(kHanging + 1);
  EXPECT_EQ(verdicts_[kHanging + 1], AuthVerdict::kAccepted);
  LetThrough(kHanging - 1);
}

TEST_F(AuthWorkersTest, ItMayEndWhilePamHangs) {
  WriteHangingService();
  Open();
  ASSERT_TRUE(Ask(1, "bob", "secret", "", false, "hang"));
  std::ofstream gate(gate_);  // the thread stands at it
  workers_.reset();
  gate << "go\n";
}

TEST_F(AuthWorkersTest, HashingGoesOnWhilePamHangs) {
  WriteHangingService();
  options_.threads = 1;
  Open();
  ASSERT_TRUE(Ask(1, "bob", "secret", "", false, "hang"));
  ASSERT_TRUE(Ask(2, "alice", "secret", Hash("secret")));
  Await(1);
  EXPECT_EQ(verdicts_.count(2), 1u);
  std::ofstream(gate_) << "go\n";
  Await(2);
  EXPECT_EQ(verdicts_[1], AuthVerdict::kAccepted);
}

}  // namespace
}  // namespace sluice
