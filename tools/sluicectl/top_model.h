#ifndef SLUICE_TOOLS_SLUICECTL_TOP_MODEL_H_
#define SLUICE_TOOLS_SLUICECTL_TOP_MODEL_H_

// What "top" shows and knows: the sessions of the last look with their rates since the one before,
// their order, which one is chosen, and what is being typed. Pure: looks, keys and the screen's
// size come in, lines and wishes go out.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tools/sluicectl/fields.h"
#include "tools/sluicectl/keys.h"
#include "tools/sluicectl/table.h"

namespace sluice {

struct TopLine {
  std::string text;
  bool reversed = false;

  friend bool operator==(const TopLine&, const TopLine&) = default;
};

class TopModel {
 public:
  // What a key asks of whoever holds the model.
  enum class Wish { kNothing, kQuit, kLook, kEndSession };

  explicit TopModel(std::string filter) : filter_(std::move(filter)) {}

  // What ListSessions found.
  void Take(const Json& found, absl::Time now);
  // Said in the last line until the next key or look.
  void Say(std::string sentence) { said_ = std::move(sentence); }

  Wish Press(const Key& key);

  // Exactly so many lines, none wider than that.
  std::vector<TopLine> Lines(size_t lines, size_t columns);

  // All sessions in their order: what is shown where there is no terminal. "rate_up" and
  // "rate_down" are bytes a second.
  Json Sorted() const;
  Table AsTable() const { return Rows(0, rows_.size()); }

  const std::string& filter() const { return filter_; }
  bool paused() const { return paused_; }
  // The one that is to be ended.
  const std::string& doomed() const { return doomed_; }

 private:
  enum class Order { kRate, kBytes, kAge, kUser };
  enum class Typing { kNothing, kFilter, kConfirmation };

  struct Row {
    Json session;
    std::string name;
    uint64_t up = 0, down = 0;
    uint64_t rate_up = 0, rate_down = 0;
  };

  bool Before(const Row& a, const Row& b) const;
  void Sort();
  Wish PressInFilter(const Key& key);
  Wish PressInList(const Key& key);
  void Move(int64_t by);
  void AskToEnd();
  Table Rows(size_t first, size_t count) const;
  std::string HeadLine() const;
  std::string LastLine() const;

  std::string filter_;
  std::vector<Row> rows_;
  uint64_t open_ = 0;
  bool more_ = false;  // than were looked at
  absl::Time looked_ = absl::InfinitePast();
  Order order_ = Order::kRate;
  bool paused_ = false;
  size_t chosen_ = 0;
  size_t first_ = 0;  // row at the top of the screen
  size_t page_ = 1;   // rows on the screen
  Typing typing_ = Typing::kNothing;
  std::string typed_;  // of the filter
  std::string doomed_;
  std::string said_;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICECTL_TOP_MODEL_H_
