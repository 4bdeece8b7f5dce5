// From a draft to what is in force: what it changes, whom it would hit, and a timer that takes it back.
import { useEffect, useState } from "react";
import {
  Alert, Button, Card, CardBody, CardTitle, Checkbox, ExpandableSection, Form, FormGroup, FormSelect, FormSelectOption, Label, List, ListItem, TextInput, Title,
} from "@patternfly/react-core";
import { asProblem, call, pathOf, post, type Problem } from "./api";
import { useAnswer, useDeed } from "./ask";
import { useChecked } from "./checked";
import { DraftBar } from "./draft_bar";
import { newDraft, refreshDrafts, takeDraft, useDrafts } from "./drafts";
import { count, moment } from "./format";
import { awaitConfirmation, useLive } from "./live";
import { faultText, Loading, Nothing, ProblemNote, ScreenProblem } from "./notes";
import { go, to } from "./route";
import { explainLink } from "./sessions";
import type { Change, Checked, Diff, Draft, Impact, Pending } from "./shapes";
import { useMay } from "./who";
import { t } from "./words";

const MARKS: Record<string, string> = { added: "+", removed: "−", changed: "~", moved: "↕", renamed: "→" };

function DiffText({ text }: { text: string }) {
  return (
    <pre className="diff" tabIndex={0} aria-label={t("As text")}>
      {text.split("\n").map((line, index) => <div key={index} className={line.startsWith("+") ? "added" : line.startsWith("-") ? "removed" : line.startsWith("@@") ? "place" : undefined}>{line || " "}</div>)}
    </pre>
  );
}

export function DiffView({ diff }: { diff: Diff }) {
  return (
    <>
      {diff.changes.length === 0 && <p className="quiet">{t("Nothing changes in meaning.")}</p>}
      <ul className="changes">{diff.changes.map((change: Change, index) => <li key={index} className={change.op}><span aria-hidden="true">{MARKS[change.op] ?? "~"}</span> <span className="wrap">{change.text}</span></li>)}</ul>
      {diff.text && <ExpandableSection toggleText={t("As text")}><DiffText text={diff.text} /></ExpandableSection>}
    </>
  );
}

function useOf<T>(draft: Draft, verb: string, json?: unknown) {
  const [state, setState] = useState<{ answer?: T; problem?: Problem }>({});
  useEffect(() => {
    let current = true;
    setState({});
    post<T>(pathOf("drafts", draft.id) + ":" + verb, json).then((answer) => current && setState({ answer }), (error) => current && setState({ problem: asProblem(error) }));
    return () => { current = false; };
  }, [draft.id, draft.etag, verb]);
  return state;
}

function CheckCard({ checked }: { checked?: Checked }) {
  const failures = (checked?.tests.failures ?? []).map((failure) => (typeof failure === "string" ? failure : faultText(failure as object)));
  return (
    <Card isCompact>
      <CardTitle component="h2">{t("Check and tests")}</CardTitle>
      <CardBody>
        {!checked ? <Loading busy /> : (
          <List isPlain>
            <ListItem>{checked.ok ? <Label isCompact color="green">✔ {t("can come into force")}</Label> : <Label isCompact color="red">✖ {t("cannot come into force")}</Label>}</ListItem>
            <ListItem><Label isCompact color={checked.tests.failed ? "red" : "green"}>{t("{passed} of {all} tests pass", { passed: checked.tests.passed, all: checked.tests.passed + checked.tests.failed })}</Label></ListItem>
            {checked.problems.map((fault, index) => <ListItem key={`p${index}`} className="wrap">✖ {faultText(fault)}</ListItem>)}
            {failures.map((failure, index) => <ListItem key={`f${index}`} className="wrap">✖ {failure}</ListItem>)}
            {checked.warnings.map((warning, index) => <ListItem key={`w${index}`} className="wrap">⚠ {warning.message}</ListItem>)}
          </List>
        )}
      </CardBody>
    </Card>
  );
}

function ImpactCard({ impact, problem }: { impact?: Impact; problem?: Problem }) {
  const listed = impact && [...impact.sessions.list.map((row) => ({ ...row, at: row.since })), ...(impact.requests?.list ?? [])];
  return (
    <Card isCompact>
      <CardTitle component="h2">{t("Impact")}</CardTitle>
      <CardBody>
        {problem ? <ScreenProblem problem={problem} what={t("Impact")} /> : !impact ? <Loading busy /> : (
          <>
            <p>{t("Live sessions: {refused} of {asked} would be refused", { refused: count(impact.sessions.refused), asked: count(impact.sessions.asked) })}</p>
            {impact.requests
              ? <p>{t("Requests of the last day: of {asked}, {refused} would now be refused and {allowed} allowed", { asked: count(impact.requests.asked), refused: count(impact.requests.refused), allowed: count(impact.requests.allowed) })}</p>
              : <p className="quiet">{t("Requests of the last day: this gateway keeps none (no state folder).")}</p>}
            {listed && listed.length > 0 && (
              <ExpandableSection toggleText={t("Which")}>
                <ul className="plain">{listed.map((row, index) => <li key={index} className="wrap"><a href={explainLink(row)}>{row.user ?? "–"} {row.client} → {row.destination}:{row.port}</a></li>)}</ul>
              </ExpandableSection>
            )}
          </>
        )}
      </CardBody>
    </Card>
  );
}

function ApplyForm({ draft, refused, ok, failed }: { draft: Draft; refused: number; ok: boolean; failed: number }) {
  const may = useMay("administrator");
  const { pending } = useLive();
  const [message, setMessage] = useState("");
  const [within, setWithin] = useState("2m");
  const [end, setEnd] = useState(false);
  const [override, setOverride] = useState(false);
  const deed = useDeed(async () => {
    const { body } = await call<{ pending: Pending | null; revision: number | null; ended?: number }>("POST", pathOf("drafts", draft.id) + ":apply", {
      etag: draft.etag, json: { message, ...(within ? { confirm_within: within } : {}), end_refused: end, ...(override ? { override_tests: message } : {}) },
    });
    if (body.pending) awaitConfirmation(body.pending);
    await refreshDrafts();
    go(["policies", "review"], { applied: body.pending ? "pending" : "now", ended: String(body.ended ?? 0) });
  });
  if (!may) return <Alert isInline variant="info" title={t("An administrator applies it. This draft is your proposal: it is kept.")} />;
  return (
    <Form className="apply" onSubmit={(event) => { event.preventDefault(); void deed.run(); }}>
      {deed.problem && <ProblemNote problem={deed.problem} title={deed.problem.status === 412 ? t("The configuration has changed meanwhile; nothing was applied") : deed.problem.status === 409 ? t("Another change waits for its confirmation") : undefined} />}
      <FormGroup label={t("Message")} fieldId="apply-message" isRequired><TextInput id="apply-message" value={message} onChange={(_, value) => setMessage(value)} placeholder={t("what and why, for those who come after")} /></FormGroup>
      <FormGroup label={t("Revert unless confirmed within")} fieldId="apply-within">
        <FormSelect id="apply-within" value={within} onChange={(_, value) => setWithin(value)}>
          <FormSelectOption value="2m" label={t("2 minutes")} /><FormSelectOption value="10m" label={t("10 minutes")} /><FormSelectOption value="1h" label={t("1 hour")} /><FormSelectOption value="" label={t("no timer: it stays")} />
        </FormSelect>
      </FormGroup>
      <Checkbox id="apply-end" label={refused === 0 ? t("End the sessions that would be refused") : refused === 1 ? t("End the session that would be refused") : t("End the {n} sessions that would be refused", { n: count(refused) })} isChecked={end} onChange={(_, checked) => setEnd(checked)} />
      {failed > 0 && <Checkbox id="apply-override" label={t("Apply although tests fail; the message is kept in the audit")} isChecked={override} onChange={(_, checked) => setOverride(checked)} />}
      <div><Button type="submit" isLoading={deed.busy} isDisabled={deed.busy || !message || !!pending || (!ok && !override)}>{t("Apply")}</Button></div>
      {pending && <p className="quiet">{t("A change waits for its confirmation: see above.")}</p>}
    </Form>
  );
}

function Stale({ draft }: { draft: Draft }) {
  const deed = useDeed(async () => {
    const { body, etag } = await call<Draft>("POST", pathOf("drafts", draft.id) + ":rebase", { etag: draft.etag });
    takeDraft({ ...draft, ...body, etag: etag ?? body.etag });
  });
  return (
    <Alert isInline variant="warning" title={t("What is in force has changed since this draft was made")} actionLinks={<Button variant="link" isInline onClick={() => void deed.run()}>{t("Put the draft on top of it")}</Button>}>
      {deed.problem && <ProblemNote problem={deed.problem} />}
    </Alert>
  );
}

function OneDraft({ draft }: { draft: Draft }) {
  const checked = useChecked(draft.id, draft.etag);
  const diff = useOf<Diff>(draft, "diff");
  const impact = useOf<Impact>(draft, "impact", { hours: 24 });
  return (
    <>
      {draft.stale && <Stale draft={draft} />}
      <div className="columns">
        <Card isCompact>
          <CardTitle component="h2">{t("What changes")}</CardTitle>
          <CardBody>{diff.problem ? <ScreenProblem problem={diff.problem} what={t("What changes")} /> : diff.answer ? <DiffView diff={diff.answer} /> : <Loading busy />}</CardBody>
        </Card>
        <CheckCard checked={checked} />
        <ImpactCard impact={impact.answer} problem={impact.problem} />
        <Card isCompact><CardTitle component="h2">{t("Apply")}</CardTitle><CardBody><ApplyForm draft={draft} refused={impact.answer?.sessions.refused ?? 0} ok={checked?.ok ?? false} failed={checked?.tests.failed ?? 0} /></CardBody></Card>
      </div>
      <TextOfDraft draft={draft} />
    </>
  );
}

// The whole text, for those who would rather type.
function TextOfDraft({ draft }: { draft: Draft }) {
  const [open, setOpen] = useState(false);
  const asked = useAnswer<string>(open ? pathOf("drafts", draft.id, "config") : undefined, {});
  const [typed, setTyped] = useState<string>();
  const may = useMay("operator");
  const deed = useDeed(async () => {
    const { body, etag } = await call<Draft>("PUT", pathOf("drafts", draft.id, "config"), { text: typed, etag: draft.etag });
    takeDraft({ ...draft, ...(typeof body === "object" ? body : {}), etag: etag ?? body.etag });
    setTyped(undefined);
  });
  useEffect(() => { if (open) asked.again(); }, [draft.etag]);
  return (
    <ExpandableSection toggleText={t("The whole file")} isExpanded={open} onToggle={(_, expanded) => setOpen(expanded)}>
      {asked.problem && <ProblemNote problem={asked.problem} />}
      {asked.answer !== undefined && (
        <div className="stack">
          <textarea className="config-text" aria-label="sluice.toml" spellCheck={false} readOnly={!may} value={typed ?? asked.answer} onChange={(event) => setTyped(event.target.value)} />
          {deed.problem && <ProblemNote problem={deed.problem} />}
          {may && <div><Button variant="secondary" isDisabled={typed === undefined || deed.busy} onClick={() => void deed.run()}>{t("Save to draft")}</Button></div>}
        </div>
      )}
    </ExpandableSection>
  );
}

function FileOnDisk() {
  const file = useAnswer<{ file_differs: boolean; path: string | null; edit?: string }>("config:status", {}, 30000);
  const may = useMay("operator");
  const deed = useDeed(async () => { await newDraft("disk"); });
  if (!file.answer?.file_differs) return null;
  return (
    <Alert isInline variant="warning" title={t("{path} was edited by hand, and is not in force", { path: file.answer.path ?? "sluice.toml" })}
      actionLinks={may && <Button variant="link" isInline onClick={() => void deed.run()}>{t("Look at it as a draft")}</Button>}>
      {deed.problem && <ProblemNote problem={deed.problem} />}
    </Alert>
  );
}

export function Review() {
  const { mine, problem, asked } = useDrafts();
  const { pending } = useLive();
  useEffect(() => { void refreshDrafts(); }, []);
  const said = new URLSearchParams(location.hash.split("?")[1] ?? "");
  const applied = said.get("applied");
  // What waits for its confirmation is no longer a draft to look at.
  const shown = mine && mine.id !== pending?.draft ? mine : undefined;
  const may = useMay("operator");
  const begin = useDeed(async () => { await newDraft(); });
  return (
    <div className="stack">
      <div className="screen-head">
        <Title headingLevel="h1">{t("Review and apply")}</Title>
        {shown && <span className="screen-buttons"><DraftBar reviewing /></span>}
      </div>
      {applied && (applied === "now" || pending) && (
        <Alert isInline isLiveRegion variant="success" title={applied === "now" ? t("It is in force, and written to the file") : t("It is in force. Confirm it above, or it takes itself back")}>
          {Number(said.get("ended")) > 0 && t("{n} sessions ended", { n: count(Number(said.get("ended"))) })}
        </Alert>
      )}
      <FileOnDisk />
      {problem && <ScreenProblem problem={problem} what={t("Drafts")} />}
      {begin.problem && <ProblemNote problem={begin.problem} />}
      {shown && <p className="quiet">{t("by {who}, changed {when}, on revision {base}", { who: shown.author, when: moment(shown.changed), base: shown.base?.revision ?? "–" })}</p>}
      {shown ? <OneDraft draft={shown} /> : asked && !problem && !pending && (
        <Nothing title={t("Nothing waits to be applied")} action={<><Button component="a" variant="link" href={to(["policies"])}>{t("Condition Elements")}</Button>{may && <Button variant="link" onClick={() => void begin.run()}>{t("Edit the file as text")}</Button>}</>}>{t("A change of a rule, a set, a user or a setting makes a draft, which is reviewed here.")}</Nothing>
      )}
    </div>
  );
}

