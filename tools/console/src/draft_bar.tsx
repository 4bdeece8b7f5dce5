// Which draft is worked on, and the way from here to the review.
import { Button, FormSelect, FormSelectOption, Label } from "@patternfly/react-core";
import { chooseDraft, discard, useDrafts } from "./drafts";
import { useDeed } from "./ask";
import { count } from "./format";
import { ProblemNote } from "./notes";
import { to } from "./route";
import { t } from "./words";

export function DraftBar({ reviewing }: { reviewing?: boolean }) {
  const { mine, all } = useDrafts();
  const deed = useDeed(async () => { if (mine) await discard(mine); });
  if (!mine) return <span className="quiet">{t("What is in force. A first change makes a draft.")}</span>;
  return (
    <span className="draft-bar">
      {all.length > 1
        ? <FormSelect aria-label={t("Draft")} value={mine.id} onChange={(_, id) => chooseDraft(id)} className="draft-choice">{all.map((draft) => <FormSelectOption key={draft.id} value={draft.id} label={`${draft.name || draft.id} (${draft.author})`} />)}</FormSelect>
        : <span className="wrap">{t("Draft “{name}”", { name: mine.name || mine.id })}</span>}
      <Label isCompact color={mine.problems ? "red" : "blue"}>{mine.changes === 1 ? t("1 change") : t("{n} changes", { n: count(mine.changes) })}</Label>
      {mine.stale && <Label isCompact color="orange">{t("its base has moved")}</Label>}
      {!reviewing && <Button size="sm" component="a" href={to(["policies", "review"])}>{t("Review and apply")}</Button>}
      <Button size="sm" variant="link" onClick={() => void deed.run()} isDisabled={deed.busy}>{t("Discard")}</Button>
      {deed.problem && <ProblemNote problem={deed.problem} />}
    </span>
  );
}
