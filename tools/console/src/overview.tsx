// Five numbers with their last hour, what needs somebody, who ended sessions, how busy shards are.
import { useMemo, type ReactNode } from "react";
import { Button, Card, CardBody, CardTitle, Label, Title } from "@patternfly/react-core";
import { useAnswer } from "./ask";
import { ago, bits, bytes, count, moment, percent, span } from "./format";
import { useLive } from "./live";
import { Nothing, ProblemNote } from "./notes";
import { Spark } from "./plot";
import { to } from "./route";
import type { Lock, Moment, RuleCounts, Status, Warning } from "./shapes";
import { t } from "./words";

function Figure({ title, value, unit, values, note }: { title: string; value: string; unit?: ReactNode; values: number[]; note?: string }) {
  return (
    <Card isCompact className="figure">
      <CardTitle component="h2">{title}</CardTitle>
      <CardBody>
        <p className="figure-value">{value}{unit && <span className="figure-unit"> {unit}</span>}</p>
        <Spark values={values} label={t("{title}, last hour", { title })} />
        <p className="quiet">{note ?? " "}</p>
      </CardBody>
    </Card>
  );
}

interface Need { key: string; tone: "orange" | "red" | "blue" | "yellow"; kind: string; text: string; href: string }

function needsOf(status: Status | undefined, warnings: Warning[], rules: RuleCounts[], locks: Lock[], differs: boolean): Need[] {
  const needs: Need[] = [];
  const reload = status?.config.last_reload;
  if (reload && !reload.ok) needs.push({ key: "reload", tone: "red", kind: t("Reload failed"), text: reload.message, href: to(["policies", "review"]) });
  if (status && status.state !== "serving") needs.push({ key: "state", tone: "red", kind: t("State"), text: status.state, href: to(["administration"]) });
  if (differs) needs.push({ key: "differs", tone: "orange", kind: t("File"), text: t("sluice.toml was edited by hand and is not in force"), href: to(["policies", "review"]) });
  const soon = Date.now() + 7 * 86400000;
  for (const rule of rules) {
    if (rule.expires && Date.parse(rule.expires) < soon && Date.parse(rule.expires) > Date.now())
      needs.push({ key: "e" + rule.name, tone: "orange", kind: t("Expires"), text: `${rule.name}, ${ago(rule.expires)}`, href: to(["policies", "condition-elements", "socks-request", rule.name]) });
  }
  for (const lock of locks)
    needs.push({ key: "l" + lock.id, tone: "yellow", kind: t("Lock"), text: `${lock.user ?? lock.client ?? lock.destination ?? ""}: ${lock.reason}`, href: to(["administration", "locks"]) });
  for (const warning of warnings.slice(0, 5))
    needs.push({ key: "w" + warning.line + warning.kind, tone: "yellow", kind: t("Warning"), text: warning.message, href: warning.rule ? to(["policies", "condition-elements", "socks-request", warning.rule]) : to(["policies"]) });
  if (warnings.length > 5) needs.push({ key: "more", tone: "yellow", kind: t("Warning"), text: t("{n} more", { n: warnings.length - 5 }), href: to(["policies"]) });
  return needs;
}

function Needs({ needs, pending }: { needs: Need[]; pending: boolean }) {
  return (
    <Card isCompact>
      <CardTitle component="h2">{t("Needs you")}</CardTitle>
      <CardBody>
        {needs.length === 0 && <p className="quiet">{pending ? t("A change waits for its confirmation: see above.") : t("Nothing. All is as it should be.")}</p>}
        <ul className="needs">{needs.map((need) => <li key={need.key}><Label isCompact color={need.tone}>{need.kind}</Label> <a href={need.href} className="wrap">{need.text}</a></li>)}</ul>
      </CardBody>
    </Card>
  );
}

function EndedBy({ now }: { now?: Moment }) {
  const rows = Object.entries(now?.ended_by ?? {}).filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]);
  const all = rows.reduce((sum, [, n]) => sum + n, 0);
  return (
    <Card isCompact>
      <CardTitle component="h2">{t("Who ended sessions, since the start")}</CardTitle>
      <CardBody>
        {!now?.ended_by ? <p className="quiet">{t("Not told by this gateway.")}</p> : rows.length === 0 ? <p className="quiet">{t("No session has ended yet.")}</p> : (
          <ul className="shares">
            {rows.map(([word, n]) => (
              <li key={word}><a href={to(["logs", "log"], { filter: `ended_by=${word}` })}>{word}</a>
                <meter min={0} max={1} value={n / all} aria-label={word} /><span className="number">{percent(n / all)}</span><span className="number quiet">{count(n)}</span></li>
            ))}
          </ul>
        )}
      </CardBody>
    </Card>
  );
}

function Shards({ now, status }: { now?: Moment; status?: Status }) {
  return (
    <Card isCompact>
      <CardTitle component="h2">{t("Shards")}</CardTitle>
      <CardBody>
        {now?.shards ? (
          <ul className="shares">
            {now.shards.map((shard, index) => <li key={index}><span>{t("Shard {n}", { n: index })}</span><meter min={0} max={1} value={shard.busy} aria-label={t("Shard {n}", { n: index })} /><span className="number">{percent(shard.busy, 0)}</span></li>)}
          </ul>
        ) : <p className="quiet">{status?.shards === 1 ? t("1 shard") : t("{n} shards", { n: status?.shards ?? 0 })}</p>}
      </CardBody>
    </Card>
  );
}

function Gateway({ status }: { status: Status }) {
  return (
    <Card isCompact>
      <CardTitle component="h2">{t("Gateway")}</CardTitle>
      <CardBody>
        <dl className="facts">
          <div><dt>{t("Version")}</dt><dd>{status.version}</dd></div>
          <div><dt>{t("Listens at")}</dt><dd>{status.listening.length ? status.listening.join(", ") : t("nowhere: SOCKS is off")}</dd></div>
          <div><dt>{t("Configuration")}</dt><dd className="wrap">{status.config.path || t("built in")}, {status.config.rules === 1 ? t("1 rule") : t("{n} rules", { n: status.config.rules })}</dd></div>
          <div><dt>{t("In force since")}</dt><dd>{moment(status.config.loaded)}</dd></div>
          <div><dt>{t("Carried")}</dt><dd>{bytes(status.bytes.down)} ↓ {bytes(status.bytes.up)} ↑</dd></div>
        </dl>
      </CardBody>
    </Card>
  );
}

export function Overview() {
  const { now, recent, pending } = useLive();
  const status = useAnswer<Status>("status", {}, 10000);
  const warnings = useAnswer<{ warnings: Warning[] }>("warnings", {}, 30000);
  const rules = useAnswer<{ rules: RuleCounts[] }>("rules", {}, 30000);
  const locks = useAnswer<{ locks: Lock[] }>("locks", {}, 30000);
  const file = useAnswer<{ file_differs: boolean }>("config:status", {}, 30000);
  const series = useMemo(() => (read: (point: Moment) => number | null | undefined) => recent.map((point) => read(point) ?? 0), [recent]);
  const needs = needsOf(status.answer, warnings.answer?.warnings ?? [], rules.answer?.rules ?? [], locks.answer?.locks ?? [], file.answer?.file_differs ?? false);
  const sessions = now?.sessions ?? status.answer?.sessions;
  return (
    <div className="stack">
      <div className="screen-head">
        <Title headingLevel="h1">{t("Overview")}</Title>
        {status.answer && <span className="quiet">{t("up {time}", { time: span(status.answer.uptime_s * 1000) })}</span>}
      </div>
      {status.problem && <ProblemNote problem={status.problem} retry={status.again} />}
      <div className="figures">
        <Figure title={t("Sessions")} value={count(sessions?.open)} unit={sessions && `/ ${count(sessions.most)}`} values={series((p) => p.sessions.open)} note={sessions && t("{n} since the start", { n: count(sessions.accepted) })} />
        <Figure title={t("New sessions")} value={count(Math.round(now?.accepted_per_s ?? 0))} unit="/s" values={series((p) => p.accepted_per_s)} />
        <Figure title={t("Traffic")} value={bits((now?.bytes_per_s.down ?? 0) + (now?.bytes_per_s.up ?? 0))} values={series((p) => p.bytes_per_s.down + p.bytes_per_s.up)} note={`${bits(now?.bytes_per_s.down ?? 0)} ↓  ${bits(now?.bytes_per_s.up ?? 0)} ↑`} />
        <Figure title={t("Set-up, 99th percentile")} value={now?.setup_p99_ms == null ? "–" : count(Math.round(now.setup_p99_ms * 10) / 10)} unit={now?.setup_p99_ms == null ? undefined : "ms"} values={series((p) => p.setup_p99_ms)} note={t("from request to reply")} />
        <Figure title={t("Failed")} value={now?.failed_share == null ? "–" : percent(now.failed_share)} values={series((p) => p.failed_share)} note={t("of requests")} />
      </div>
      <div className="columns">
        <Needs needs={needs} pending={!!pending} />
        <EndedBy now={now} />
        <div className="stack">
          <Shards now={now} status={status.answer} />
          {status.answer && <Gateway status={status.answer} />}
        </div>
      </div>
      {sessions && sessions.accepted === 0 && (
        <Nothing title={t("No client has come yet")} action={<Button variant="link" component="a" href={to(["help", "cookbook"])}>{t("How clients are set up")}</Button>}>
          {status.answer?.listening[0] ? t("Try it: curl --socks5-hostname {address} http://example.com/", { address: status.answer.listening[0] }) : t("SOCKS is off: Administration → System Settings → Devices.")}
        </Nothing>
      )}
    </div>
  );
}
