#include "tools/sluicectl/top_model.h"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tools/sluicectl/safe_text.h"
#include "tools/sluicectl/sessions.h"
#include "tools/sluicectl/units.h"

namespace sluice {

namespace {

using Kind = Key::Kind;

constexpr size_t kFilterBytesMax = 4096;  // what the door takes
constexpr const char* kOrders[] = {"rate", "bytes", "age", "user"};
constexpr char kKeysHelp[] = "q quit  s sort  p pause  / filter  k end  arrows choose";

uint64_t RateOf(uint64_t now, uint64_t before, double seconds) {
  return now > before && seconds > 0
             ? static_cast<uint64_t>(static_cast<double>(now - before) / seconds)
             : 0;
}

std::string RateText(uint64_t rate) {
  return rate == 0 ? "" : absl::StrCat(HumanBytes(rate), "/s");
}

}  // namespace

void TopModel::Take(const Json& found, absl::Time now) {
  std::map<std::string, std::pair<uint64_t, uint64_t>> before;
  for (const Row& row : rows_) before[row.name] = {row.up, row.down};
  const std::string chosen = chosen_ < rows_.size() ? rows_[chosen_].name : "";
  const double seconds = absl::ToDoubleSeconds(now - looked_);
  rows_.clear();
  for (const Json& session : ListOf(found, "sessions")) {
    Row row{.session = session,
            .name = TextOf(session, "session"),
            .up = NumberOf(session, "bytes_up"),
            .down = NumberOf(session, "bytes_down")};
    if (const auto known = before.find(row.name); known != before.end()) {
      row.rate_up = RateOf(row.up, known->second.first, seconds);
      row.rate_down = RateOf(row.down, known->second.second, seconds);
    }
    rows_.push_back(std::move(row));
  }
  open_ = NumberOf(found, "about");
  more_ = FieldOf(found, "next").is_string();
  looked_ = now;
  said_.clear();
  Sort();
  // The chosen one stays chosen wherever it has gone to; if it is no longer there, its place does.
  const auto same = std::find_if(rows_.begin(), rows_.end(),
                                 [&chosen](const Row& row) { return row.name == chosen; });
  if (same != rows_.end()) chosen_ = static_cast<size_t>(same - rows_.begin());
  Move(0);
}

bool TopModel::Before(const Row& a, const Row& b) const {
  const uint64_t bytes_a = a.up + a.down, bytes_b = b.up + b.down;
  switch (order_) {
    case Order::kRate: {
      const uint64_t rate_a = a.rate_up + a.rate_down, rate_b = b.rate_up + b.rate_down;
      return std::tie(rate_b, bytes_b, a.name) < std::tie(rate_a, bytes_a, b.name);
    }
    case Order::kBytes: return std::tie(bytes_b, a.name) < std::tie(bytes_a, b.name);
    case Order::kAge: return NumberOf(a.session, "age_ms") > NumberOf(b.session, "age_ms");
    case Order::kUser: break;
  }
  return TextOf(a.session, "user") < TextOf(b.session, "user");
}

void TopModel::Sort() {
  std::stable_sort(rows_.begin(), rows_.end(),
                   [this](const Row& a, const Row& b) { return Before(a, b); });
}

void TopModel::Move(int64_t by) {
  const int64_t last = std::max<int64_t>(static_cast<int64_t>(rows_.size()) - 1, 0);
  chosen_ = static_cast<size_t>(std::clamp<int64_t>(static_cast<int64_t>(chosen_) + by, 0, last));
}

TopModel::Wish TopModel::Press(const Key& key) {
  said_.clear();
  if (typing_ == Typing::kFilter) return PressInFilter(key);
  if (typing_ == Typing::kConfirmation) {
    typing_ = Typing::kNothing;
    const bool yes = key.kind == Kind::kByte && (key.byte == 'y' || key.byte == 'Y');
    if (!yes) Say("nothing was ended");
    return yes ? Wish::kEndSession : Wish::kNothing;
  }
  return PressInList(key);
}

TopModel::Wish TopModel::PressInFilter(const Key& key) {
  switch (key.kind) {
    case Kind::kEnter:
      typing_ = Typing::kNothing;
      filter_ = typed_;
      return Wish::kLook;
    case Kind::kEscape: typing_ = Typing::kNothing; break;
    case Kind::kBackspace:
      // A character of UTF-8, not a byte.
      while (!typed_.empty() && (typed_.back() & 0xc0) == 0x80) typed_.pop_back();
      if (!typed_.empty()) typed_.pop_back();
      break;
    case Kind::kByte:
      if (key.byte == '\x15') typed_.clear();  // Ctrl-U, as everywhere
      if (static_cast<unsigned char>(key.byte) >= 0x20 && typed_.size() < kFilterBytesMax) {
        typed_ += key.byte;
      }
      break;
    default: break;
  }
  return Wish::kNothing;
}

TopModel::Wish TopModel::PressInList(const Key& key) {
  const auto page = static_cast<int64_t>(page_), all = static_cast<int64_t>(rows_.size());
  switch (key.kind) {
    case Kind::kUp: Move(-1); return Wish::kNothing;
    case Kind::kDown: Move(1); return Wish::kNothing;
    case Kind::kPageUp: Move(-page); return Wish::kNothing;
    case Kind::kPageDown: Move(page); return Wish::kNothing;
    case Kind::kFirst: Move(-all); return Wish::kNothing;
    case Kind::kLast: Move(all); return Wish::kNothing;
    case Kind::kByte: break;
    default: return Wish::kNothing;
  }
  switch (key.byte) {
    case 'q': return Wish::kQuit;
    case 's':
      order_ = static_cast<Order>((static_cast<size_t>(order_) + 1) % std::size(kOrders));
      chosen_ = 0;
      Sort();
      return Wish::kNothing;
    case 'p': paused_ = !paused_; return paused_ ? Wish::kNothing : Wish::kLook;
    case '/':
      typing_ = Typing::kFilter;
      typed_ = filter_;
      return Wish::kNothing;
    case 'k': AskToEnd(); return Wish::kNothing;
    default: return Wish::kNothing;
  }
}

void TopModel::AskToEnd() {
  if (rows_.empty()) return Say("there is no session to end");
  // By name: the next look may put another one in this place.
  doomed_ = rows_[chosen_].name;
  typing_ = Typing::kConfirmation;
}

Table TopModel::Rows(size_t first, size_t count) const {
  using Side = Column::Side;
  Table table({{"SESSION"},
               {"CLIENT", Side::kLeft, false, 9},
               {"USER", Side::kLeft, false, 4},
               {"DESTINATION", Side::kLeft, false, 12},
               {"RULE", Side::kLeft, false, 4},
               {"DOWN/S", Side::kRight},
               {"UP/S", Side::kRight},
               {"BYTES", Side::kRight},
               {"AGE", Side::kRight},
               {"STATE"}});
  for (size_t i = first; i < std::min(first + count, rows_.size()); ++i) {
    const Row& row = rows_[i];
    table.Add({row.name, TextOf(row.session, "client"), TextOf(row.session, "user"),
               DestinationOf(row.session), TextOf(row.session, "rule"), RateText(row.rate_down),
               RateText(row.rate_up), HumanBytes(row.up + row.down),
               HumanTime(NumberOf(row.session, "age_ms")), TextOf(row.session, "state")});
  }
  return table;
}

std::string TopModel::HeadLine() const {
  return absl::StrCat(more_ ? "the first " : "", Counted(rows_.size(), "session", "sessions"),
                      " of ", HumanNumber(open_), " open, by ",
                      kOrders[static_cast<size_t>(order_)], paused_ ? ", PAUSED" : "",
                      filter_.empty() ? "" : absl::StrCat(", filter ", SafeText(filter_)));
}

std::string TopModel::LastLine() const {
  switch (typing_) {
    case Typing::kFilter:
      return absl::StrCat("filter (Enter takes it, Esc leaves it): ", SafeText(typed_), "_");
    case Typing::kConfirmation: return absl::StrCat("end session ", SafeText(doomed_), "? y/N");
    case Typing::kNothing: break;
  }
  return said_.empty() ? kKeysHelp : SafeText(said_);
}

std::vector<TopLine> TopModel::Lines(size_t lines, size_t columns) {
  // Head, titles and the last line take three.
  page_ = std::max<size_t>(lines, 4) - 3;
  if (chosen_ < first_) first_ = chosen_;
  if (chosen_ >= first_ + page_) first_ = chosen_ - page_ + 1;
  if (first_ + page_ > rows_.size()) first_ = rows_.size() > page_ ? rows_.size() - page_ : 0;

  std::vector<TopLine> screen = {{HeadLine()}};
  const std::string table = Rows(first_, page_).Text(columns, false);
  for (const absl::string_view line : absl::StrSplit(table, '\n', absl::SkipEmpty())) {
    screen.push_back({std::string(line)});
  }
  const size_t marked = 2 + chosen_ - first_;
  if (!rows_.empty() && marked < screen.size()) {
    TopLine& line = screen[marked];
    line.reversed = true;
    line.text.resize(line.text.size() + columns - std::min(columns, ColumnsOf(line.text)), ' ');
  }
  const size_t above = lines == 0 ? 0 : lines - 1;
  screen.resize(above);
  if (lines > 0) screen.push_back({LastLine()});
  for (TopLine& line : screen) line.text = Shortened(line.text, columns);
  return screen;
}

Json TopModel::Sorted() const {
  Json list = Json::array();
  for (const Row& row : rows_) {
    Json session = row.session;
    session["rate_up"] = row.rate_up;
    session["rate_down"] = row.rate_down;
    list.push_back(std::move(session));
  }
  return list;
}

}  // namespace sluice
