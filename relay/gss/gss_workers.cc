#include "relay/gss/gss_workers.h"

#include <algorithm>
#include <utility>

#include "core/start_thread.h"

namespace sluice {

class GssWorkers::Desk final : public GssAcceptor {
 public:
  Desk(GssWorkers& workers, Kernel& kernel) : workers_(workers), kernel_(kernel) {}

  GssMechanism& mechanism() override { return workers_.mechanism_; }
  bool Accept(std::unique_ptr<GssConversation> conversation, absl::Span<const uint8_t> token,
              Receiver& receiver) override;
  void Forget(Receiver& receiver) override;
  void Deliver() override;

  // A worker's thread.
  void Lay(Job job) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      done_.push_back(std::move(job));
    }
    kernel_.Wake();
  }

 private:
  struct Waiting {
    uint64_t ticket;
    Receiver* receiver;
  };

  GssWorkers& workers_;
  Kernel& kernel_;
  uint64_t next_ticket_ = 1;
  std::vector<Waiting> waiting_;  // the shard's thread only
  std::mutex mutex_;
  std::vector<Job> done_;
};

bool GssWorkers::Desk::Accept(std::unique_ptr<GssConversation> conversation,
                              absl::Span<const uint8_t> token, Receiver& receiver) {
  Job job;
  job.desk = this;
  job.ticket = next_ticket_++;
  job.conversation = std::move(conversation);
  job.token.assign(token.begin(), token.end());
  const uint64_t ticket = job.ticket;
  if (!workers_.Put(std::move(job))) return false;
  waiting_.push_back(Waiting{ticket, &receiver});
  return true;
}

void GssWorkers::Desk::Forget(Receiver& receiver) {
  std::erase_if(waiting_, [&](const Waiting& waiting) { return waiting.receiver == &receiver; });
}

void GssWorkers::Desk::Deliver() {
  std::vector<Job> done;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    done.swap(done_);
  }
  for (Job& job : done) {
    const auto found = std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& waiting) {
      return waiting.ticket == job.ticket;
    });
    if (found == waiting_.end()) continue;  // the session is gone; so is its conversation
    Receiver& receiver = *found->receiver;
    waiting_.erase(found);
    receiver.OnAccepted(std::move(job.conversation), job.accepted);
  }
}

GssWorkers::GssWorkers(GssMechanism& mechanism, const Options& options)
    : mechanism_(mechanism), options_(options) {}

GssWorkers::~GssWorkers() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  work_to_do_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

GssAcceptor& GssWorkers::OpenDesk(Kernel& kernel) {
  desks_.push_back(std::make_unique<Desk>(*this, kernel));
  return *desks_.back();
}

bool GssWorkers::Put(Job job) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (line_.size() >= options_.queue_max) return false;
    while (threads_.size() < static_cast<size_t>(options_.threads)) {
      absl::StatusOr<std::thread> thread = StartThread("gssapi", [this] { Run(); });
      if (!thread.ok()) break;  // one does as well, and without any the client may try again
      threads_.push_back(*std::move(thread));
    }
    if (threads_.empty()) return false;
    line_.push_back(std::move(job));
  }
  work_to_do_.notify_one();
  return true;
}

void GssWorkers::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    work_to_do_.wait(lock, [this] { return stopping_ || !line_.empty(); });
    if (stopping_) return;
    Job job = std::move(line_.front());
    line_.pop_front();
    lock.unlock();
    job.accepted = job.conversation->Accept(job.token);
    Desk* desk = job.desk;
    desk->Lay(std::move(job));
    lock.lock();
  }
}

}  // namespace sluice
