// Policies → Condition Elements: the rules as a tree and as a table in their order, sets, and tests.
import { useMemo } from "react";
import { Tab, TabTitleText, Tabs, Title } from "@patternfly/react-core";
import { useAnswer } from "./ask";
import { useChecked } from "./checked";
import { DraftBar } from "./draft_bar";
import { useDrafts } from "./drafts";
import { Loading, Nothing, ScreenProblem } from "./notes";
import { go, type Place } from "./route";
import { RuleForm } from "./rule_form";
import { RuleTable } from "./rule_table";
import { RuleTree } from "./rule_tree";
import { SetsScreen } from "./sets";
import type { GroupEntry, RuleCounts, RuleEntry, SetEntry, UserEntry, Warning } from "./shapes";
import { TestsScreen } from "./tests";
import { t } from "./words";

const HERE = ["policies", "condition-elements", "socks-request"];

// A new rule that something else has begun: a line of the log that was denied.
function begun(query: URLSearchParams): RuleEntry | undefined {
  const one = (key: string) => { const value = query.get(key); return value ? [value] : undefined; };
  if (!query.get("destination")) return undefined;
  return { name: query.get("name") ?? "", source: one("source"), destination: one("destination"), destination_ports: one("port"), commands: one("command"), users: one("user"), verdict: "allow" };
}

// The rules of the draft that is worked on, or those in force, with what each did.
function useRules() {
  const { mine } = useDrafts();
  const entries = useAnswer<{ rules: RuleEntry[] }>("config/rules", mine ? { draft: mine.id } : {});
  const counts = useAnswer<{ rules: RuleCounts[] }>("rules", {}, 5000);
  return { mine, entries, counts };
}

function useWarnings() {
  const { mine } = useDrafts();
  const inForce = useAnswer<{ warnings: Warning[] }>(mine ? undefined : "warnings", {}, 30000);
  const checked = useChecked(mine?.id, mine?.etag);
  return mine ? { warnings: checked?.warnings ?? [], problems: checked?.problems ?? [] } : { warnings: inForce.answer?.warnings ?? [], problems: [] };
}

function SocksRequest({ place }: { place: Place }) {
  const { mine, entries, counts } = useRules();
  const { warnings, problems } = useWarnings();
  const sets = useAnswer<{ sets: SetEntry[] }>("config/sets", mine ? { draft: mine.id } : {});
  const groups = useAnswer<{ groups: GroupEntry[] }>("config/groups", mine ? { draft: mine.id } : {});
  const users = useAnswer<{ users: UserEntry[] }>("config/users", mine ? { draft: mine.id } : {});
  const rules = useMemo<RuleEntry[]>(() => entries.answer?.rules ?? (entries.problem ? counts.answer?.rules ?? [] : []), [entries.answer, entries.problem, counts.answer]);
  const name = place.parts[3];
  const adding = place.query.get("new") !== null;
  const opened = rules.find((rule) => rule.name === name);
  const readOnly = entries.problem !== undefined && !entries.answer;
  const again = () => entries.again();
  const done = (what?: string) => {
    again();
    go(HERE, what ? { saved: what } : {});
  };
  return (
    <div className="tree-and-pane">
      <RuleTree rules={rules} active={name} readOnly={readOnly} open={(rule) => go([...HERE, rule])} add={(before) => go(HERE, { new: "1", before })} all={() => go(HERE)} changed={again} />
      <div className="pane">
        {readOnly && <Nothing title={t("Rules can be seen, but not edited here")}>{entries.problem?.detail}</Nothing>}
        {adding || opened
          ? <RuleForm key={adding ? "new" : name} rule={adding ? undefined : opened} begun={adding ? begun(place.query) : undefined} before={place.query.get("before") ?? undefined} sets={sets.answer?.sets.map((set) => set.name) ?? []}
              groups={groups.answer?.groups.map((group) => group.name) ?? []} users={users.answer?.users.map((user) => user.name) ?? []} saved={done} close={() => go(HERE)} />
          : name && entries.answer ? <Nothing title={t("There is no rule {name}", { name })} />
            : <RuleTable rules={rules} counts={counts.answer?.rules ?? []} warnings={warnings} problems={problems} readOnly={readOnly} saved={place.query.get("saved") ?? undefined} open={(rule) => go([...HERE, rule])} add={() => go(HERE, { new: "1" })} changed={again} />}
        <Loading busy={entries.busy && !entries.answer} />
        {counts.problem && !counts.answer && <ScreenProblem problem={counts.problem} what={t("Rules")} retry={counts.again} />}
      </div>
    </div>
  );
}

export function Policies({ place }: { place: Place }) {
  const tab = place.parts[2] ?? "socks-request";
  return (
    <div className="stack">
      <div className="screen-head"><Title headingLevel="h1">{t("Condition Elements")}</Title><span className="screen-buttons"><DraftBar /></span></div>
      <Tabs activeKey={tab} onSelect={(_, key) => go(["policies", "condition-elements", String(key)])} aria-label={t("Condition Elements")}>
        <Tab eventKey="socks-request" title={<TabTitleText>{t("Socks Request")}</TabTitleText>}>{tab === "socks-request" && <div className="tab-pane"><SocksRequest place={place} /></div>}</Tab>
        <Tab eventKey="sets" title={<TabTitleText>{t("Sets")}</TabTitleText>}>{tab === "sets" && <div className="tab-pane"><SetsScreen place={place} /></div>}</Tab>
        <Tab eventKey="tests" title={<TabTitleText>{t("Tests")}</TabTitleText>}>{tab === "tests" && <div className="tab-pane"><TestsScreen /></div>}</Tab>
      </Tabs>
    </div>
  );
}
