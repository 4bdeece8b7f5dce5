import { useMemo } from "react";
import { Button, FormSelect, FormSelectOption, Title } from "@patternfly/react-core";
import { urlOf } from "./api";
import { useAnswer } from "./ask";
import { Listed, type Shown } from "./entry_table";
import { format } from "./filter";
import { bytes, count, moment } from "./format";
import { RangeChoice, rangeOf, startOf, type TimeRange } from "./logs";
import { Plot } from "./plot";
import { amend, to, type Place } from "./route";
import { t, type Sentence } from "./words";

type Row = Record<string, string | number | null | undefined>;
interface Answer { seconds?: number; rows?: Row[]; rules?: Row[]; points?: Row[]; by?: string; from?: string; to?: string }

const TITLES: Record<string, Sentence> = { top: "Top", denied: "Denied", failures: "Failures", traffic: "Traffic", unused: "Unused rules" };
const PATHS: Record<string, string> = { top: "reports/top", denied: "reports/denied", failures: "reports/failures", traffic: "reports/traffic", unused: "reports/unused-rules" };
const BY: [string, Sentence][] = [["user", "Users"], ["client", "Clients"], ["destination", "Destinations"], ["rule", "Rules"]];
const KNOWN: Record<string, Sentence> = {
  name: "Name", requests: "Requests", sessions: "Sessions", bytes_up: "Sent", bytes_down: "Received", denied: "Denied", rule: "Rule", client: "Client", user: "User", destination: "Destination", ended_by: "Ended by", state: "State", reply: "Reply",
  n: "Number", at: "Time", last_hit: "Last hit", last: "Last", first: "First", hits: "Hits", allowed: "Allowed", failed: "Failed", port: "Port", why: "Why", error: "Error",
};

function cellOf(key: string, value: Row[string]) {
  if (value === null || value === undefined || value === "") return "–";
  if (key.startsWith("bytes")) return bytes(Number(value));
  if (typeof value === "number") return key === "port" ? String(value) : count(value);
  return /^\d{4}-\d\d-\d\dT/.test(value) ? moment(value) : value;
}

// A bar behind the first number, so that the eye sees the order of things.
function columnsOf(rows: Row[], by: string): Shown<Row>[] {
  const keys = Object.keys(rows[0] ?? {}).filter((key) => typeof rows[0][key] !== "object" || rows[0][key] === null);
  const most = Math.max(1, ...rows.map((row) => Number(row.requests ?? row.n ?? row.sessions ?? 0)));
  return keys.map((key) => {
    const number = rows.some((row) => typeof row[key] === "number") && key !== "port";
    return {
      title: KNOWN[key] ? t(KNOWN[key]) : key, number,
      cell: (row: Row) => {
        if (key === "name" && by && row.name === "") return <span className="quiet">{t("nobody")}</span>;
        if (key === "name" && by && row.name) return <a href={to(["logs", "log"], { filter: format([{ key: by, operator: "=", value: String(row.name) }]), hours: "24" })}>{row.name}</a>;
        if (key === "requests" || key === "n") return <><meter className="row-bar" min={0} max={most} value={Number(row[key] ?? 0)} aria-hidden="true" /> <span className="bar-number">{cellOf(key, row[key])}</span></>;
        return cellOf(key, row[key]);
      },
    };
  });
}

function TrafficPlots({ rows, step }: { rows: Row[]; step: number }) {
  const times = rows.map((row) => String(row.at ?? ""));
  const of = (key: string) => rows.map((row) => Number(row[key] ?? 0));
  if (times.length < 2) return null;
  return (
    <>
      <Plot label={t("Bytes a second")} times={times} lines={[{ name: t("Received"), values: of("bytes_down").map((n) => n / step) }, { name: t("Sent"), values: of("bytes_up").map((n) => n / step), tone: 2 }]} format={(n) => `${bytes(n)}/s`} />
      <Plot label={t("Requests")} times={times} lines={[{ name: t("Requests"), values: of("requests").map((n, index) => n || of("sessions")[index]) }, { name: t("Denied"), values: of("denied"), tone: 2 }]} format={count} />
    </>
  );
}

export function Report({ place, of }: { place: Place; of: string }) {
  const range = rangeOf(place.query);
  const by = place.query.get("by") ?? "user";
  const from = startOf(range);
  const query = of === "unused" ? { days: 90 } : { from, to: range.to, ...(of === "top" ? { by, limit: 50 } : {}) };
  const asked = useAnswer<Answer>(PATHS[of], query);
  const rows = useMemo(() => asked.answer?.rows ?? asked.answer?.points ?? asked.answer?.rules ?? [], [asked.answer]).map((row) => (typeof row === "string" ? { name: row } : row)) as Row[];
  const change = (next: { range?: TimeRange; by?: string }) => {
    const chosen = next.range ?? range;
    amend(["logs", of], { hours: chosen.hours === "1" ? undefined : chosen.hours, from: chosen.from, to: chosen.to, by: next.by ?? (of === "top" ? by : undefined) });
  };
  const title = t(TITLES[of] ?? "Top");
  return (
    <div className="stack report">
      <div className="screen-head">
        <Title headingLevel="h1">{title}</Title>
        <span className="screen-buttons">
          {of === "top" && <FormSelect aria-label={t("By")} className="range-choice" value={by} onChange={(_, value) => change({ by: value })}>{BY.map(([value, words]) => <FormSelectOption key={value} value={value} label={t(words)} />)}</FormSelect>}
          {of !== "unused" && <RangeChoice range={range} change={(chosen) => change({ range: chosen })} />}
          <Button variant="secondary" component="a" href={urlOf(PATHS[of] ?? "", { ...query, format: "csv" })} download={`${of}.csv`}>CSV</Button>
          <Button variant="secondary" onClick={() => print()}>{t("Print")}</Button>
        </span>
      </div>
      {of === "traffic" && <TrafficPlots rows={rows} step={asked.answer?.seconds ?? 60} />}
      <Listed asked={asked} label={title} rows={rows} id={(row, index) => `${index}${row.name ?? row.at ?? ""}`} empty={of === "unused" ? t("Every rule was used within 90 days") : t("Nothing in this range")} hint={of === "unused" ? undefined : t("Take a longer range.")} columns={columnsOf(rows, of === "top" ? by : of === "unused" ? "rule" : "")} />
    </div>
  );
}
