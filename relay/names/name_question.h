#ifndef SLUICE_RELAY_NAMES_NAME_QUESTION_H_
#define SLUICE_RELAY_NAMES_NAME_QUESTION_H_

// NameQuestion: one name and family, asked of one server after the other until one answers: the
// timeouts, attempts and turns of resolv.conf. c-ares could do this as well, but 1.18 (Debian 12)
// begins each name with the first server although it is dead, and 1.34 (Debian 13) has a memory of
// its own; here both are alike, the memory is one for all shards, and the simulator sees it.
//
// An earlier server's late answer is as good as any. One thread, the shard's.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "core/loop.h"
#include "relay/names/name_lookup.h"
#include "relay/names/name_servers.h"

namespace sluice {

class NameQuestion {
 public:
  // Tickets of one question are `first_ticket` and the kTickets - 1 after it.
  static constexpr uint64_t kTickets = 256;

  class Owner {
   public:
    // It is over, and `answer` may be kUnanswered or kRefused. May destroy the question.
    virtual void OnQuestionAnswered(NameQuestion& question, const FamilyAnswer& answer) = 0;

   protected:
    ~Owner() = default;
  };

  // `receiver` hands on to OnAsked what it is told for a ticket of this question. `name` outlives
  // it.
  NameQuestion(Loop& loop, NameLookup& lookup, NameLookup::Receiver& receiver, Owner& owner,
               std::string_view name, AddressFamily family);
  ~NameQuestion();
  NameQuestion(const NameQuestion&) = delete;
  NameQuestion& operator=(const NameQuestion&) = delete;

  // May be answered from within. Begins anew where it has begun.
  void Start(std::shared_ptr<const NameServers> servers, uint64_t turn, uint64_t first_ticket);
  void OnAsked(uint64_t ticket, const FamilyAnswer& answer);

  AddressFamily family() const { return family_; }
  uint64_t first_ticket() const { return first_ticket_; }
  bool pending() const { return pending_; }

 private:
  void AskNext();
  void OnSilence();
  void Finish(const FamilyAnswer& answer);

  Loop& loop_;
  NameLookup& lookup_;
  NameLookup::Receiver& receiver_;
  Owner& owner_;
  const std::string_view name_;
  const AddressFamily family_;
  bool pending_ = false;
  std::shared_ptr<const NameServers> servers_;
  std::vector<uint8_t> order_;
  size_t asked_ = 0;  // how many were, in rounds through order_
  absl::Time asked_at_;
  uint64_t first_ticket_ = 0;
  FamilyAnswer::Status said_ = FamilyAnswer::Status::kUnanswered;  // the best so far
  Timer timer_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_NAMES_NAME_QUESTION_H_
