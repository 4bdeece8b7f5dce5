#include "tools/admin/store/audit_chain.h"

#include <sodium.h>

#include <array>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

// Each field with its length before it, so that no two records have one text.
std::string TextOf(const AuditRecord& record) {
  std::string text;
  const auto add = [&text](std::string_view field) {
    absl::StrAppend(&text, field.size(), ":", std::string(field));
  };
  add(absl::StrCat(record.number));
  add(absl::StrCat(absl::ToUnixMicros(record.at)));
  for (const std::string* field :
       {&record.who, &record.role, &record.door, &record.from, &record.action, &record.object,
        &record.outcome, &record.detail}) {
    add(*field);
  }
  return text;
}

}  // namespace

std::string AuditHash(std::string_view before, const AuditRecord& record) {
  const std::string text = absl::StrCat(std::string(before), "\n", TextOf(record));
  std::string hash(crypto_generichash_BYTES, '\0');
  crypto_generichash(reinterpret_cast<unsigned char*>(hash.data()), hash.size(),
                     reinterpret_cast<const unsigned char*>(text.data()), text.size(), nullptr, 0);
  return absl::BytesToHexString(hash);
}

bool AuditChain::Add(const AuditRecord& record) {
  ++verdict_.records;
  if (verdict_.broken_at.has_value()) return false;
  if (record.number != next_ || record.hash != AuditHash(before_, record)) {
    verdict_.broken_at = next_;
    return false;
  }
  before_ = record.hash;
  ++next_;
  return true;
}

}  // namespace sluice
