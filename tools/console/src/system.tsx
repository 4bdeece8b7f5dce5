// The process itself: what it is, its counters, and what an administrator may ask of it as a whole.
import { useState } from "react";
import { Button, Card, CardBody, CardTitle, SearchInput } from "@patternfly/react-core";
import { call, post } from "./api";
import { useAnswer, useDeed } from "./ask";
import { Rows } from "./entry_table";
import { count, moment } from "./format";
import { Loading, ProblemNote, Really, ScreenProblem } from "./notes";
import type { Status } from "./shapes";
import { useMay } from "./who";
import { t } from "./words";

function Orders() {
  const may = useMay("administrator");
  const [draining, setDraining] = useState(false);
  const [said, setSaid] = useState("");
  const reload = useDeed(async () => {
    const { generation } = await post<{ generation: number }>("config:reload");
    setSaid(t("Read again: generation {n} is in force", { n: generation }));
  });
  const bundle = useDeed(async () => {
    const { body } = await call<string>("POST", "support-bundle");
    setSaid(body ? t("The bundle was made") : "");
  });
  const drain = useDeed(async () => {
    await post("drain");
    setDraining(false);
    setSaid(t("It drains: no new sessions"));
  });
  if (!may) return null;
  return (
    <div className="stack">
      <div className="buttons">
        <Button variant="secondary" onClick={() => void reload.run()} isLoading={reload.busy}>{t("Read the file again")}</Button>
        <Button variant="danger" onClick={() => setDraining(true)}>{t("Drain…")}</Button>
      </div>
      {said && <p role="status">{said}</p>}
      {[reload.problem, bundle.problem].map((problem, index) => problem && <ProblemNote key={index} problem={problem} />)}
      {draining && <Really danger title={t("Drain this gateway?")} text={t("It takes no new sessions, lets those that are open end, and stops.")} act={t("Drain")} busy={drain.busy} problem={drain.problem} done={() => void drain.run()} close={() => setDraining(false)} />}
    </div>
  );
}

export function System() {
  const asked = useAnswer<Status>("status", {}, 5000);
  const [wanted, setWanted] = useState("");
  if (!asked.answer) return asked.problem ? <ScreenProblem problem={asked.problem} what={t("Process")} retry={asked.again} /> : <Loading busy />;
  const status = asked.answer;
  const rows = Object.entries(status.counters).filter(([name]) => name.includes(wanted));
  return (
    <div className="stack">
      <dl className="facts">
        <div><dt>{t("Version")}</dt><dd>{status.version}</dd></div>
        <div><dt>{t("Started")}</dt><dd>{moment(status.started)}</dd></div>
        <div><dt>{t("State")}</dt><dd>{status.state}</dd></div>
        {status.doors && <div><dt>{t("Administrator's doors")}</dt><dd className="wrap">{status.doors.map((door) => (typeof door === "string" ? door : JSON.stringify(door))).join(", ")}</dd></div>}
      </dl>
      <Orders />
      <Card isCompact>
        <CardTitle component="h2">{t("Counters")}</CardTitle>
        <CardBody>
          <SearchInput data-filter aria-label={t("Search counters")} placeholder={t("Search counters")} value={wanted} onChange={(_, value) => setWanted(value)} onClear={() => setWanted("")} />
          <Rows label={t("Counters")} rows={rows} id={([name]) => name} columns={[{ title: t("Name"), cell: ([name]) => <code>{name}</code> }, { title: t("Value"), cell: ([, value]) => count(value), number: true }]} />
        </CardBody>
      </Card>
    </div>
  );
}
