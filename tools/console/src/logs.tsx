// What clients asked for and what became of it: lines to search, and reports over them.
import { useCallback, useMemo, useState } from "react";
import { Button, Checkbox, FormSelect, FormSelectOption, Title } from "@patternfly/react-core";
import { urlOf } from "./api";
import { useAnswer, useDeed } from "./ask";
import { get } from "./api";
import { Listed } from "./entry_table";
import { Verdict } from "./explain";
import { FilterBar } from "./filter_bar";
import { format, parse, type Term } from "./filter";
import { bytes, clock, count, moment, span } from "./format";
import { useLogLines } from "./live";
import { ProblemNote } from "./notes";
import { Plot } from "./plot";
import { Report } from "./reports";
import { amend, go, type Place } from "./route";
import { explainLink } from "./sessions";
import type { LoggedRequest } from "./shapes";
import { useMay } from "./who";
import { t } from "./words";

export const RANGES = [["1", "last hour"], ["24", "last day"], ["168", "last week"]] as const;
const FOLLOWED_MOST = 500;

export interface TimeRange { from?: string; to?: string; hours: string }

export function rangeOf(query: URLSearchParams): TimeRange {
  const hours = query.get("hours") ?? "1";
  const from = query.get("from") ?? undefined;
  return { hours, from, to: query.get("to") ?? undefined };
}

// From the minute on, so that the same question is the same for a minute.
export function startOf(range: TimeRange): string {
  if (range.from) return range.from;
  const minute = Math.floor(Date.now() / 60000) * 60000;
  return new Date(minute - Number(range.hours) * 3600000).toISOString().replace(/\.\d+Z$/, "Z");
}

export function RangeChoice({ range, change }: { range: TimeRange; change: (range: TimeRange) => void }) {
  return (
    <FormSelect aria-label={t("Time range")} className="range-choice" value={range.from ? "drawn" : range.hours} onChange={(_, hours) => change({ hours })}>
      {range.from && <FormSelectOption value="drawn" label={`${clock(range.from)} – ${clock(range.to)}`} />}
      {RANGES.map(([hours, words]) => <FormSelectOption key={hours} value={hours} label={t(words)} />)}
    </FormSelect>
  );
}

interface Page { requests: LoggedRequest[]; next: string | null; about?: number; histogram?: { at: string; n: number }[] }

// "allow this": the narrowest rule that lets exactly this through, above the one that denied it, as a form to look at.
function allow(row: LoggedRequest) {
  const name = `allow_${row.destination}_${row.port}`.replace(/[^\w.-]+/g, "_").slice(0, 63);
  go(["policies", "condition-elements", "socks-request"], {
    new: "1", before: row.rule === "default deny" ? undefined : row.rule, name, source: row.client.replace(/:\d+$/, "").replace(/^\[|\]$/g, ""), destination: row.destination,
    port: String(row.port ?? ""), command: row.command, user: row.user ?? undefined,
  });
}

function LogTable({ asked, rows, narrow }: { asked: ReturnType<typeof useAnswer<Page>>; rows: LoggedRequest[]; narrow: (term: Term) => void }) {
  const may = useMay("operator");
  const pick = (key: string, value: string | number | undefined | null) => value === undefined || value === null || value === "" ? "–"
    : <Button variant="link" isInline className="pick" aria-label={t("Filter by {term}", { term: `${key}=${value}` })} onClick={() => narrow({ key, operator: "=", value: String(value) })}>{value}</Button>;
  return (
    <Listed asked={asked} label={t("Log")} rows={rows} id={(row, index) => `${row.session}${row.at}${index}`} empty={t("No line matches")} hint={t("Take a longer range, or a term out of the filter.")}
      columns={[
        { title: t("Time"), cell: (row) => <abbr title={moment(row.at)}>{clock(row.at)}</abbr> },
        { title: t("User"), cell: (row) => pick("user", row.user) },
        { title: t("Client"), cell: (row) => pick("client", row.client.replace(/:\d+$/, "").replace(/^\[|\]$/g, "")) },
        { title: t("Destination"), cell: (row) => <>{pick("destination", row.destination)}{row.port ? `:${row.port}` : ""}</> },
        { title: t("Rule"), cell: (row) => pick("rule", row.rule) },
        { title: t("Verdict"), cell: (row) => (row.verdict ? <Verdict verdict={row.verdict} /> : "–") },
        { title: t("Ended by"), cell: (row) => <>{pick("ended_by", row.ended_by)} <span className="quiet">{row.state}</span>{row.why && <div className="quiet wrap">{row.why}</div>}</> },
        { title: t("Bytes"), cell: (row) => bytes(row.bytes_up + row.bytes_down), number: true },
        { title: t("Duration"), cell: (row) => span(row.duration_ms), number: true },
      ]}
      actions={(row) => (row.destination ? (
        <>
          <Button variant="link" size="sm" component="a" href={explainLink(row)} aria-label={t("Why {session}", { session: row.session })}>{t("why")}</Button>
          {may && row.verdict === "deny" && <Button variant="link" size="sm" onClick={() => allow(row)} aria-label={t("Allow what {session} asked", { session: row.session })}>{t("allow…")}</Button>}
        </>
      ) : null)} />
  );
}

function LogScreen({ place }: { place: Place }) {
  const filter = place.query.get("filter") ?? "";
  const range = rangeOf(place.query);
  const terms = useMemo(() => parse(filter), [filter]);
  const from = startOf(range);
  const query = { filter, from, to: range.to, limit: 200 };
  const asked = useAnswer<Page>("log", query);
  const [more, setMore] = useState<{ of: string; rows: LoggedRequest[]; next: string | null }>();
  const [following, setFollowing] = useState(false);
  const [fresh, setFresh] = useState<LoggedRequest[]>([]);
  const hear = useCallback((line: LoggedRequest) => setFresh((now) => [line, ...now].slice(0, FOLLOWED_MOST)), []);
  useLogLines(following ? hear : undefined, filter);
  const key = JSON.stringify(query);
  const later = more?.of === key ? more : undefined;
  const next = later ? later.next : asked.answer?.next;
  const deed = useDeed(async () => {
    const page = await get<Page>("log", { ...query, cursor: next ?? undefined });
    setMore({ of: key, rows: [...(later?.rows ?? []), ...page.requests], next: page.next });
  });
  const amendTo = (change: { terms?: Term[]; range?: TimeRange }) => {
    const of = change.range ?? range;
    setFresh([]);
    amend(["logs", "log"], { filter: format(change.terms ?? terms), hours: of.hours === "1" ? undefined : of.hours, from: of.from, to: of.to });
  };
  const fault = asked.problem?.status === 400 ? asked.problem.detail : undefined;
  const histogram = asked.answer?.histogram ?? [];
  const rows = [...(following ? fresh : []), ...(asked.answer?.requests ?? []), ...(later?.rows ?? [])];
  return (
    <div className="stack">
      <div className="screen-head">
        <Title headingLevel="h1">{t("Log")}</Title>
        <span className="quiet" role="status">{asked.answer?.about !== undefined ? t("about {n} lines", { n: count(asked.answer.about) }) : ""}</span>
        <span className="screen-buttons">
          <RangeChoice range={range} change={(chosen) => amendTo({ range: chosen })} />
          <Checkbox id="log-follow" label={t("Follow")} isChecked={following} onChange={(_, checked) => setFollowing(checked)} />
          <Button variant="secondary" component="a" href={urlOf("log", { filter, from, to: range.to, format: "csv" })} download="log.csv">CSV</Button>
        </span>
      </div>
      <FilterBar terms={terms} change={(changed) => amendTo({ terms: changed })} of="log" fault={fault} />
      {histogram.length > 1 && <Plot bars label={t("Lines over time; drag to choose a stretch")} times={histogram.map(({ at }) => at)} lines={[{ name: t("Lines"), values: histogram.map(({ n }) => n) }]} format={count} select={(first, last) => amendTo({ range: { hours: range.hours, from: first, to: last } })} />}
      {!fault && <LogTable asked={asked} rows={rows} narrow={(term) => amendTo({ terms: [...terms, term] })} />}
      {deed.problem && <ProblemNote problem={deed.problem} />}
      {next && <div><Button variant="secondary" onClick={() => void deed.run()} isLoading={deed.busy}>{t("Older ones")}</Button></div>}
    </div>
  );
}

export function Logs({ place }: { place: Place }) {
  const page = place.parts[1] ?? "log";
  return page === "log" ? <LogScreen place={place} /> : <Report place={place} of={page} />;
}
