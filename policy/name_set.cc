#include "policy/name_set.h"

#include <array>
#include <cstring>
#include <utility>

#include "core/give_way.h"
#include "core/limits.h"

namespace sluice {
namespace {

constexpr uint64_t kSeed = 0xcbf29ce484222325;
constexpr uint64_t kStep = 0x9e3779b97f4a7c15;
constexpr size_t kTableMin = 16;
// Slots fetched ahead: more labels than nearly all names have.
constexpr size_t kPrefetchMax = 6;

// --- Hashes. Nothing outside this process sees them, so the byte order does not matter.

template <typename Number>
uint64_t Load(const char* from) {
  Number number;
  std::memcpy(&number, from, sizeof(number));
  return number;
}

// The two halves of a long product, folded: every bit of either number moves every bit of the
// result, which a short product does not do and names that differ in few digits would show.
uint64_t Mix(uint64_t hash, uint64_t value) {
  const unsigned __int128 product = static_cast<unsigned __int128>(hash ^ kStep) * (value ^ kSeed);
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// Eight bytes a step; the last step overlaps the one before it.
uint64_t HashLabel(uint64_t hash, const char* label, size_t size) {
  hash += size;
  if (size >= 8) {
    for (size_t i = 0; i + 8 < size; i += 8) hash = Mix(hash, Load<uint64_t>(label + i));
    return Mix(hash, Load<uint64_t>(label + size - 8));
  }
  if (size >= 4) return Mix(hash, Load<uint32_t>(label) << 32 | Load<uint32_t>(label + size - 4));
  if (size == 0) return Mix(hash, 0);
  return Mix(hash, Load<uint8_t>(label) << 16 | Load<uint8_t>(label + size / 2) << 8 |
                       Load<uint8_t>(label + size - 1));
}

size_t PlaceOf(uint64_t hash, size_t table) { return hash & (table - 1); }
// The upper half shares no bits with the place in any table below 2^32.
uint32_t TagOf(uint64_t hash) { return static_cast<uint32_t>(hash >> 32); }

// A name in the form in which names are compared, taken apart.
class LowerName {
 public:
  // At most limits::kNameBytesMax bytes.
  explicit LowerName(std::string_view name) : size_(name.size()) {
    for (size_t i = 0; i < size_; ++i) {
      const auto c = static_cast<uint8_t>(name[i]);
      const bool upper = static_cast<uint8_t>(c - 'A') < 26;
      // NUL ends the texts of a NameSet. No pattern has it, nor what stands for it here.
      bytes_[i] = static_cast<char>(c == 0 ? 1 : c | (upper ? 0x20 : 0));
      // Without a branch, which a dot would mislead.
      dots_[dot_count_] = static_cast<uint8_t>(i);
      dot_count_ += c == '.' ? 1 : 0;
    }
  }

  size_t size() const { return size_; }
  const char* end() const { return bytes_.data() + size_; }

  // Calls visit(hash, size) for the last `size` bytes from each label on, the top-level domain
  // first and the whole name last.
  template <typename Visit>
  void WalkDown(Visit visit) const {
    uint64_t hash = kSeed;
    size_t label_end = size_;
    for (size_t i = dot_count_ + 1; i-- > 0;) {
      const size_t start = i == 0 ? 0 : dots_[i - 1] + size_t{1};
      hash = HashLabel(hash, bytes_.data() + start, label_end - start);
      visit(hash, size_ - start);
      label_end = start - 1;
    }
  }

 private:
  size_t size_;
  size_t dot_count_ = 0;
  std::array<char, limits::kNameBytesMax> bytes_;
  std::array<uint8_t, limits::kNameBytesMax + 1> dots_;
};

}  // namespace

// --- Lookup

const NameSet::Slot* NameSet::FindSlot(uint64_t hash, std::string_view name) const {
  for (size_t i = PlaceOf(hash, slots_.size());; i = (i + 1) & (slots_.size() - 1)) {
    const Slot& slot = slots_[i];
    if (slot.text == 0) return nullptr;
    if (slot.tag != TagOf(hash)) continue;
    const char* text = text_.data() + slot.text;
    if (std::memcmp(text, name.data(), name.size()) == 0 && text[name.size()] == '\0') return &slot;
  }
}

Row NameSet::Find(std::string_view asked) const {
  if (asked.ends_with('.')) asked.remove_suffix(1);
  if (slots_.empty() || asked.empty() || asked.size() > limits::kNameBytesMax) return kEmptyRow;
  const LowerName name(asked);

  // The asked name and those above it. All slots are fetched at once, since each may be far from
  // the cache.
  struct Step {
    uint64_t hash;
    size_t size;
  };
  std::array<Step, limits::kNameBytesMax + 1> steps;
  size_t count = 0;
  name.WalkDown([&](uint64_t hash, size_t size) {
    if (count < kPrefetchMax) __builtin_prefetch(&slots_[PlaceOf(hash, slots_.size())]);
    steps[count++] = {hash, size};
  });

  Row row = kEmptyRow;
  for (size_t i = 0; i < count; ++i) {
    const size_t size = steps[i].size;
    const Slot* slot = FindSlot(steps[i].hash, std::string_view(name.end() - size, size));
    if (slot == nullptr) break;
    row = size == name.size() ? slot->exact : slot->below;
  }
  return row;
}

// --- Building

NameSet::Builder::Builder() : text_(1, '\0'), nodes_(1), table_(kTableMin) {}

void NameSet::Builder::Add(const NamePattern& pattern, Row row, RowBuilder& rows) {
  GiveWay();
  const size_t nodes_before = nodes_.size();
  const size_t text_before = text_.size();
  text_.append(pattern.name).push_back('\0');
  uint32_t node = 0;
  LowerName(pattern.name).WalkDown([&](uint64_t hash, size_t size) {
    node = Touch(hash, std::string_view(text_).substr(text_.size() - 1 - size, size), node);
  });
  if (nodes_.size() == nodes_before) text_.resize(text_before);
  Row& own = pattern.below ? nodes_[node].below : nodes_[node].exact;
  own = rows.Union(own, row);
}

uint32_t NameSet::Builder::Touch(uint64_t hash, std::string_view name, uint32_t parent) {
  if (nodes_.size() * 4 > table_.size() * 3) Grow();
  size_t i = PlaceOf(hash, table_.size());
  for (; table_[i] != 0; i = (i + 1) & (table_.size() - 1)) {
    const Node& node = nodes_[table_[i]];
    if (node.hash == hash && text_.data() + node.text == name) return table_[i];
  }
  nodes_.push_back({hash, static_cast<uint32_t>(name.data() - text_.data()), parent});
  return table_[i] = static_cast<uint32_t>(nodes_.size() - 1);
}

void NameSet::Builder::Grow() {
  std::vector<uint32_t> table(table_.size() * 2);
  for (uint32_t node = 1; node < nodes_.size(); ++node) {
    GiveWay();
    size_t i = PlaceOf(nodes_[node].hash, table.size());
    while (table[i] != 0) i = (i + 1) & (table.size() - 1);
    table[i] = node;
  }
  table_ = std::move(table);
}

NameSet NameSet::Builder::Build(RowBuilder& rows) && {
  NameSet set;
  if (nodes_.size() == 1) return set;
  for (size_t i = 1; i < nodes_.size(); ++i) {
    GiveWay();
    Node& node = nodes_[i];
    const Row inherited = nodes_[node.parent].below;
    node.exact = rows.Union(inherited, node.exact);
    node.below = rows.Union(inherited, node.below);
  }
  set.slots_.resize(table_.size());
  for (size_t i = 0; i < table_.size(); ++i) {
    GiveWay();
    if (table_[i] == 0) continue;
    const Node& node = nodes_[table_[i]];
    set.slots_[i] = {TagOf(node.hash), node.text, node.exact, node.below};
  }
  text_.append(limits::kNameBytesMax, '\0');
  text_.shrink_to_fit();
  set.text_ = std::move(text_);
  return set;
}

}  // namespace sluice
