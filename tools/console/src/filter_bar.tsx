// A filter: what is typed becomes chips; a click on one excludes what it named, and back.
import { useId, useState } from "react";
import { Button, HelperText, HelperTextItem, Label, LabelGroup, Popover, TextInputGroup, TextInputGroupMain, TextInputGroupUtilities } from "@patternfly/react-core";
import { KEYS, format, negated, parse, word, type Term } from "./filter";
import { t } from "./words";

interface FilterBarProps { terms: Term[]; change: (terms: Term[]) => void; of: keyof typeof KEYS; fault?: string }

export function FilterBar({ terms, change, of, fault }: FilterBarProps) {
  const id = useId();
  const [typed, setTyped] = useState("");
  const [refused, setRefused] = useState("");
  const take = () => {
    const more = parse(typed);
    if (typed.trim() && !more.length) {
      setRefused(t("expected terms such as client=10.0.0.0/8 or user!=alice, found “{text}”", { text: typed }));
      return;
    }
    setRefused("");
    setTyped("");
    change([...terms.filter((term) => !more.some((other) => word(other) === word(term))), ...more]);
  };
  const suggestions = KEYS[of].filter((key) => typed && !/[=<>]/.test(typed) && key.startsWith(typed));
  return (
    <div className="filter" data-filter>
      <TextInputGroup validated={refused || fault ? "error" : undefined}>
        <TextInputGroupMain aria-label={t("Filter")} aria-describedby={`${id}-note`} value={typed} placeholder={t("client=10.0.0.0/8 user!=alice")} list={`${id}-keys`}
          onChange={(_, value) => setTyped(value)} onKeyDown={(event) => {
            if (event.key === "Enter") { event.preventDefault(); take(); }
            if (event.key === "Backspace" && !typed && terms.length) change(terms.slice(0, -1));
            if (event.key === "Escape") (event.target as HTMLElement).blur();
          }}>
          {terms.length > 0 && (
            <LabelGroup aria-label={t("Filters")} numLabels={8}>
              {terms.map((term, index) => (
                <Label key={word(term)} isCompact color={term.operator === "!=" ? "red" : "blue"} closeBtnAriaLabel={t("Remove {term}", { term: word(term) })}
                  onClose={() => change(terms.filter((_, other) => other !== index))}
                  onClick={() => change(terms.map((other, at) => (at === index ? negated(other) : other)))}>{word(term)}</Label>
              ))}
            </LabelGroup>
          )}
        </TextInputGroupMain>
        <TextInputGroupUtilities>
          {terms.length > 0 && <Button variant="plain" size="sm" onClick={() => change([])}>{t("Clear")}</Button>}
          <Popover headerContent={t("Filters")} bodyContent={<FilterHelp of={of} />}><Button variant="plain" size="sm" aria-label={t("How filters are written")}>?</Button></Popover>
        </TextInputGroupUtilities>
      </TextInputGroup>
      <div className="filter-keys" aria-live="polite">
        {suggestions.map((key) => <Button key={key} variant="link" isInline onClick={() => setTyped(key + "=")}>{key}</Button>)}
      </div>
      <HelperText id={`${id}-note`}>{(refused || fault) && <HelperTextItem variant="error">{refused || fault}</HelperTextItem>}</HelperText>
    </div>
  );
}

function FilterHelp({ of }: { of: keyof typeof KEYS }) {
  return (
    <div className="stack">
      <p>{t("Terms with blanks between them, all of which must hold. != excludes, * stands for any characters, < and > compare. A click on a term turns it round.")}</p>
      <p><code>client=10.0.0.0/8 user!=svc-* age&gt;1h bytes&gt;1GB</code></p>
      <p>{KEYS[of].join(", ")}</p>
    </div>
  );
}

export { format, parse };
