#include "relay/names/name_question.h"

#include <utility>

#include "core/limits.h"

namespace sluice {

static_assert(limits::kNameServersMax * limits::kNameServerAttemptsMax < NameQuestion::kTickets);

NameQuestion::NameQuestion(Loop& loop, NameLookup& lookup, NameLookup::Receiver& receiver,
                           Owner& owner, std::string_view name, AddressFamily family)
    : loop_(loop),
      lookup_(lookup),
      receiver_(receiver),
      owner_(owner),
      name_(name),
      family_(family) {
  timer_.Bind<&NameQuestion::OnSilence>(this);
}

NameQuestion::~NameQuestion() { loop_.timers().Cancel(timer_); }

void NameQuestion::Start(std::shared_ptr<const NameServers> servers, uint64_t turn,
                         uint64_t first_ticket) {
  servers_ = std::move(servers);
  order_ = servers_->Order(turn);
  first_ticket_ = first_ticket;
  asked_ = 0;
  said_ = FamilyAnswer::Status::kUnanswered;
  pending_ = true;
  AskNext();
}

void NameQuestion::AskNext() {
  if (asked_ == order_.size() * static_cast<size_t>(servers_->conf().attempts)) {
    return Finish({.status = said_});
  }
  const size_t server = order_[asked_ % order_.size()];
  const uint64_t ticket = first_ticket_ + asked_++;
  asked_at_ = loop_.now();
  loop_.timers().Set(timer_, asked_at_ + servers_->conf().timeout);
  lookup_.Ask(server, name_, family_, ticket, receiver_);
}

void NameQuestion::OnAsked(uint64_t ticket, const FamilyAnswer& answer) {
  if (!pending_) return;
  if (answer.status == FamilyAnswer::Status::kFound ||
      answer.status == FamilyAnswer::Status::kNotFound)
    return Finish(answer);
  if (answer.status == FamilyAnswer::Status::kRefused) said_ = answer.status;
  // Of the others nothing is expected any more.
  if (ticket != first_ticket_ + asked_ - 1) return;
  if (answer.status == FamilyAnswer::Status::kUnanswered) return OnSilence();
  AskNext();
}

void NameQuestion::OnSilence() {
  servers_->NotHeard(order_[(asked_ - 1) % order_.size()], asked_at_, loop_.now());
  AskNext();
}

void NameQuestion::Finish(const FamilyAnswer& answer) {
  pending_ = false;
  loop_.timers().Cancel(timer_);
  owner_.OnQuestionAnswered(*this, answer);
}

}  // namespace sluice
