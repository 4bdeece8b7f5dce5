#include "tools/admin/line_merge.h"

#include <cstdint>
#include <optional>

#include "absl/container/flat_hash_map.h"
#include "policy/sequence_diff.h"

namespace sluice {
namespace {

class Lines {
 public:
  Lines(std::string_view text, absl::flat_hash_map<std::string_view, uint32_t>& numbers)
      : text_(text) {
    for (size_t at = 0; at < text.size();) {
      const size_t end = text.find('\n', at);
      begins_.push_back(at);
      const size_t next = end == text.npos ? text.size() : end + 1;
      const auto number = static_cast<uint32_t>(numbers.size());
      numbers_.push_back(numbers.try_emplace(text.substr(at, next - at), number).first->second);
      at = next;
    }
    begins_.push_back(text.size());
  }

  size_t count() const { return numbers_.size(); }
  const std::vector<uint32_t>& numbers() const { return numbers_; }
  std::string_view Text(size_t from, size_t to) const {
    return text_.substr(begins_[from], begins_[to] - begins_[from]);
  }

 private:
  std::string_view text_;
  std::vector<size_t> begins_;
  std::vector<uint32_t> numbers_;
};

// Where each line of the base is in the other text, if it is.
std::vector<std::optional<uint32_t>> PlacesOf(const Lines& base, const Lines& other) {
  std::vector<std::optional<uint32_t>> places(base.count());
  for (const KeptPlace& place : KeepCommon(base.numbers(), other.numbers()))
    places[place.before] = place.after;
  return places;
}

}  // namespace

// From one line that both have kept to the next: what lies between was changed by nobody, by one of
// them, by both in the same way, or is a conflict.
Merged MergeLines(std::string_view base, std::string_view ours, std::string_view theirs) {
  absl::flat_hash_map<std::string_view, uint32_t> numbers;
  const Lines of_base(base, numbers), of_ours(ours, numbers), of_theirs(theirs, numbers);
  const auto in_ours = PlacesOf(of_base, of_ours), in_theirs = PlacesOf(of_base, of_theirs);
  Merged merged;
  size_t b = 0, o = 0, t = 0;
  for (;;) {
    size_t next = b;
    while (next < of_base.count() && !(in_ours[next] && in_theirs[next])) ++next;
    const bool last = next == of_base.count();
    const size_t next_o = last ? of_ours.count() : *in_ours[next];
    const size_t next_t = last ? of_theirs.count() : *in_theirs[next];
    const std::string_view was = of_base.Text(b, next), mine = of_ours.Text(o, next_o),
                           others = of_theirs.Text(t, next_t);
    if (mine == was || mine == others) {
      merged.text.append(others);
    } else if (others == was) {
      merged.text.append(mine);
    } else {
      merged.conflicts.push_back({b + 1, std::string(was), std::string(mine), std::string(others)});
    }
    if (last) return merged;
    merged.text.append(of_base.Text(next, next + 1));
    b = next + 1;
    o = next_o + 1;
    t = next_t + 1;
  }
}

}  // namespace sluice
