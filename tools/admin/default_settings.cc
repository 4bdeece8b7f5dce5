#include "tools/admin/default_settings.h"

#include <algorithm>

#include "policy/config_entries.h"
#include "tools/sluiced/shipped_config.h"

namespace sluice {

const TomlValue& DefaultSettings() {
  static const TomlValue& defaults = *[] {
    auto* const root = new TomlValue(*ReadTomlText(kShippedConfig));
    std::erase_if(root->fields, [](const TomlField& field) {
      const auto& sections = SectionNames();
      return std::find(sections.begin(), sections.end(), std::string_view(field.key)) ==
             sections.end();
    });
    return root;
  }();
  return defaults;
}

}  // namespace sluice
