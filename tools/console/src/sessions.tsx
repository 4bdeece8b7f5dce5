// Who is connected, now: a filter, the rows, and what can be done with one or with all that match.
import { useMemo, useState } from "react";
import {
  Button, Checkbox, DescriptionList, DescriptionListDescription, DescriptionListGroup, DescriptionListTerm, Form, FormGroup, MenuToggle, Modal, ModalBody, ModalFooter, ModalHeader,
  Select, SelectList, SelectOption, TextInput, Title,
} from "@patternfly/react-core";
import { call, pathOf, post, urlOf } from "./api";
import { useAnswer, useDeed } from "./ask";
import { FilterBar } from "./filter_bar";
import { format, parse, type Term } from "./filter";
import { bytes, count, moment, rate, span } from "./format";
import { LockForm } from "./lock_form";
import { Loading, Nothing, ProblemNote, Really } from "./notes";
import { amend, to, type Place } from "./route";
import type { LiveSession } from "./rates";
import { ROWS_MOST, useSessions } from "./session_pages";
import type { Session } from "./shapes";
import { VirtualRows, type Column } from "./virtual_rows";
import { useMay } from "./who";
import { t, type Sentence } from "./words";

const hostOf = (client: string) => client.replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
const destinationOf = (row: Session) => (row.destination ? `${row.destination.includes(":") ? `[${row.destination}]` : row.destination}${row.port ? `:${row.port}` : ""}` : "");

const COLUMNS: (Column<LiveSession> & { name: Sentence; shown: boolean })[] = [
  { key: "session", name: "Id", title: "", width: "6rem", shown: true, cell: (row) => row.session },
  { key: "user", name: "User", title: "", width: "minmax(5rem, 1fr)", shown: true, sort: true, cell: (row) => row.user ?? "–" },
  { key: "client", name: "Client", title: "", width: "minmax(10rem, 1.4fr)", shown: true, sort: true, cell: (row) => row.client },
  { key: "destination", name: "Destination", title: "", width: "minmax(12rem, 2.4fr)", shown: true, sort: true, cell: (row) => destinationOf(row) || "–" },
  { key: "target", name: "Dialled", title: "", width: "minmax(9rem, 1.4fr)", shown: true, cell: (row) => row.target ?? "–" },
  { key: "rule", name: "Rule", title: "", width: "minmax(7rem, 1.2fr)", shown: true, sort: true, cell: (row) => row.rule ?? "–" },
  { key: "command", name: "Command", title: "", width: "7rem", shown: false, sort: true, cell: (row) => row.command ?? "–" },
  { key: "state", name: "State", title: "", width: "6.5rem", shown: true, sort: true, cell: (row) => row.state },
  { key: "age_ms", name: "Age", title: "", width: "5.5rem", shown: true, right: true, sort: true, cell: (row) => span(row.age_ms) },
  { key: "rate", name: "Rate", title: "", width: "6.5rem", shown: true, right: true, sort: true, cell: (row) => rate(row.rate) },
  { key: "bytes", name: "Bytes", title: "", width: "6rem", shown: true, right: true, sort: true, cell: (row) => bytes(row.bytes_up + row.bytes_down) },
];

export function sortRows(rows: LiveSession[], key: string, down: boolean): LiveSession[] {
  const read = (row: LiveSession): number | string => (key === "bytes" ? row.bytes_up + row.bytes_down : (row[key as keyof LiveSession] as number | string | undefined) ?? "");
  const sign = down ? -1 : 1;
  return [...rows].sort((a, b) => {
    const left = read(a), right = read(b);
    return left < right ? -sign : left > right ? sign : 0;
  });
}

function ColumnChoice({ shown, change }: { shown: Set<string>; change: (shown: Set<string>) => void }) {
  const [open, setOpen] = useState(false);
  return (
    <Select role="menu" isOpen={open} onOpenChange={setOpen} onSelect={(_, key) => {
      const next = new Set(shown);
      if (!next.delete(String(key))) next.add(String(key));
      change(next);
    }} toggle={(ref) => <MenuToggle ref={ref} onClick={() => setOpen(!open)} isExpanded={open}>{t("Columns")}</MenuToggle>}>
      <SelectList>{COLUMNS.map(({ key, name }) => <SelectOption key={key} value={key} hasCheckbox isSelected={shown.has(key)}>{t(name)}</SelectOption>)}</SelectList>
    </Select>
  );
}

// Ends all that match: first asks how many there are.
function EndAll({ filter, close }: { filter: string; close: () => void }) {
  const body = filter ? { filter } : { all: true };
  const counted = useCount(body);
  const [reason, setReason] = useState("");
  const [ended, setEnded] = useState<number>();
  const deed = useDeed(async () => {
    const answer = await post<{ ended?: number; matched?: number }>("sessions:end", { ...body, reason });
    setEnded(answer.ended ?? answer.matched ?? 0);
  });
  if (ended !== undefined) return <Really title={t("{n} sessions ended", { n: count(ended) })} text={t("The access log says ended_by operator.")} act={t("Close")} done={close} close={close} />;
  return (
    <Really title={counted.n === undefined ? t("End sessions") : t("End {n} sessions?", { n: count(counted.n) })} danger act={t("End them")} busy={deed.busy} disabled={!counted.n} problem={deed.problem ?? counted.problem}
      text={filter ? <>{t("All that match now:")} <code className="wrap">{filter}</code></> : t("All sessions of this gateway: there is no filter.")} done={() => void deed.run()} close={close}>
      <Form><FormGroup label={t("Reason")} fieldId="end-reason"><TextInput id="end-reason" value={reason} onChange={(_, value) => setReason(value)} /></FormGroup></Form>
    </Really>
  );
}

function useCount(body: object) {
  const [state, setState] = useState<{ n?: number; problem?: ReturnType<typeof useDeed>["problem"] }>({});
  const deed = useDeed(async () => {
    const answer = await post<{ matched?: number; would_end?: number; ended?: number }>("sessions:end", { ...body, dry_run: true });
    setState({ n: answer.matched ?? answer.would_end ?? answer.ended ?? 0 });
  });
  useState(() => void deed.run());
  return { n: state.n, problem: deed.problem };
}

function Detail({ row, narrow, close }: { row: LiveSession; narrow: (term: Term) => void; close: () => void }) {
  const may = useMay("operator");
  const [locking, setLocking] = useState(false);
  const fresh = useAnswer<Session>(pathOf("sessions", row.session), {}, 2000);
  const gone = fresh.problem?.status === 404;
  const shown = fresh.answer ?? row;
  const deed = useDeed(async () => {
    await call("DELETE", pathOf("sessions", row.session));
    close();
  });
  const facts: [Sentence, string | undefined, Term?][] = [
    ["State", shown.state, { key: "state", operator: "=", value: shown.state }],
    ["Client", shown.client, { key: "client", operator: "=", value: hostOf(shown.client) }],
    ["User", shown.user, { key: "user", operator: "=", value: shown.user ?? "" }],
    ["Authenticated by", shown.auth],
    ["Command", shown.command],
    ["Destination", destinationOf(shown), { key: "destination", operator: "=", value: shown.destination ?? "" }],
    ["Dialled", shown.target],
    ["Leaves by", shown.egress],
    ["Rule", shown.rule, { key: "rule", operator: "=", value: shown.rule ?? "" }],
    ["Since", `${moment(shown.since)} (${span(shown.age_ms)})`],
    ["To the target", bytes(shown.bytes_up)],
    ["To the client", bytes(shown.bytes_down)],
  ];
  if (locking) return <LockForm first={shown.user ? { user: shown.user } : { client: hostOf(shown.client) }} close={close} />;
  return (
    <Modal variant="medium" isOpen onClose={close} aria-label={t("Session {id}", { id: row.session })}>
      <ModalHeader title={t("Session {id}", { id: row.session })} description={gone ? t("It has ended. What it was last:") : undefined} />
      <ModalBody>
        <div className="stack">
          <DescriptionList isCompact isHorizontal columnModifier={{ md: "2Col" }} aria-label={t("Session")}>
            {facts.filter(([, value]) => value).map(([name, value, term]) => (
              <DescriptionListGroup key={name}>
                <DescriptionListTerm>{t(name)}</DescriptionListTerm>
                <DescriptionListDescription className="wrap">
                  {value} {term && <Button variant="link" isInline size="sm" aria-label={t("Filter by {term}", { term: format([term]) })} onClick={() => { narrow(term); close(); }}>{t("filter")}</Button>}
                </DescriptionListDescription>
              </DescriptionListGroup>
            ))}
          </DescriptionList>
          {deed.problem && <ProblemNote problem={deed.problem} />}
        </div>
      </ModalBody>
      <ModalFooter>
        {may && !gone && <Button variant="danger" onClick={() => void deed.run()} isLoading={deed.busy}>{t("End")}</Button>}
        {shown.destination && <Button variant="secondary" component="a" href={explainLink(shown)}>{t("Explain")}</Button>}
        {may && <Button variant="secondary" onClick={() => setLocking(true)}>{t("Lock…")}</Button>}
        <Button variant="link" onClick={close}>{t("Close")}</Button>
      </ModalFooter>
    </Modal>
  );
}

export function explainLink(row: { client: string; user?: string | null; command?: string; destination?: string; port?: number }) {
  return to(["policies", "explain"], {
    client: hostOf(row.client), user: row.user ?? undefined, command: row.command, destination: row.destination, port: row.port ? String(row.port) : undefined,
  });
}

export function Sessions({ place }: { place: Place }) {
  const filter = place.query.get("filter") ?? "";
  const terms = useMemo(() => parse(filter), [filter]);
  const [paused, setPaused] = useState(false);
  const [sorted, setSorted] = useState({ key: "rate", down: true });
  const [shown, setShown] = useState(() => new Set(COLUMNS.filter((column) => column.shown).map(({ key }) => key)));
  const [opened, setOpened] = useState<LiveSession>();
  const [dialog, setDialog] = useState<"end" | "lock">();
  const may = useMay("operator");
  const { rows, problem, loading, cut, known, again } = useSessions(filter, paused);
  const inOrder = useMemo(() => sortRows(rows, sorted.key, sorted.down), [rows, sorted]);
  const columns = useMemo(() => COLUMNS.filter(({ key }) => shown.has(key)).map((column) => ({ ...column, title: t(column.name) })), [shown]);
  const change = (next: Term[]) => amend(["sessions"], { filter: format(next) });
  const fault = problem?.status === 400 ? problem.detail : undefined;
  return (
    <div className="screen-fill">
      <div className="screen-head">
        <Title headingLevel="h1">{t("Sessions")}</Title>
        <span className="quiet" role="status">{known ? (cut ? t("more than {n}", { n: count(ROWS_MOST) }) : filter ? t("{n} match", { n: count(rows.length) }) : count(rows.length)) : ""}</span>
        <span className="screen-buttons">
          <Checkbox id="sessions-paused" label={t("Pause")} isChecked={paused} onChange={(_, checked) => setPaused(checked)} />
          <ColumnChoice shown={shown} change={setShown} />
          <Button variant="secondary" component="a" href={urlOf("sessions", { filter, format: "csv", limit: 1000 })} download="sessions.csv">CSV</Button>
          {may && <Button variant="danger" onClick={() => setDialog("end")} isDisabled={!rows.length}>{filter ? t("End all that match…") : t("End all…")}</Button>}
        </span>
      </div>
      <FilterBar terms={terms} change={change} of="sessions" fault={fault} />
      {problem && !fault && <ProblemNote problem={problem} retry={again} />}
      <Loading busy={loading} />
      <VirtualRows label={t("Sessions")} columns={columns} rows={inOrder} id={(row) => row.session} open={setOpened} sorted={sorted}
        sort={(key) => setSorted((now) => ({ key, down: now.key === key ? !now.down : true }))}
        empty={known && !problem ? <Nothing title={filter ? t("No session matches") : t("Nobody is connected")}>{filter ? t("Take a term out of the filter.") : t("Sessions appear here as clients come.")}</Nothing> : undefined} />
      {opened && <Detail row={opened} close={() => setOpened(undefined)} narrow={(term) => change([...terms, term])} />}
      {dialog === "end" && <EndAll filter={filter} close={() => { setDialog(undefined); again(); }} />}
    </div>
  );
}
