// The rules in the order in which they are asked. They move by mouse, by keys (Alt with the arrows) and by menu, and
// each move is spoken.
import { useRef, useState, type DragEvent, type KeyboardEvent } from "react";
import { Alert, Button, Label, SearchInput, Switch } from "@patternfly/react-core";
import { ActionsColumn, Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { faultText, Nothing, ProblemNote } from "./notes";
import { useDeed } from "./ask";
import { Verdict } from "./explain";
import { format } from "./filter";
import { ago, bytes, count } from "./format";
import { go, to } from "./route";
import { placeAfterMove } from "./order";
import { moveBefore, removeRule, switchRule } from "./rule_edits";
import type { Checked, RuleCounts, RuleEntry, Warning } from "./shapes";
import { useMay } from "./who";
import { t } from "./words";

interface RuleTableProps {
  rules: RuleEntry[];
  counts: RuleCounts[];
  warnings: Warning[];
  problems: Checked["problems"];
  readOnly: boolean;
  saved?: string;
  open: (name: string) => void;
  add: () => void;
  changed: () => void;
}

const few = (list: string[] | undefined, all: string) => {
  const entries = (list ?? [all]).filter((entry) => entry !== all);
  return entries.length === 0 ? t("any") : entries.length <= 2 ? entries.join(", ") : `${entries.slice(0, 2).join(", ")} +${entries.length - 2}`;
};

const LETTERS: Record<string, string> = { connect: "C", bind: "B", udp_associate: "U" };
const lettersOf = (commands: string[] | undefined) => (commands ?? Object.keys(LETTERS)).map((command) => LETTERS[command] ?? command).join("");

function useOrder(props: RuleTableProps) {
  const [spoken, setSpoken] = useState("");
  const names = props.rules.map(({ name }) => name);
  const deed = useDeed(async (act: () => Promise<unknown>, words: string) => {
    await act();
    setSpoken(words);
    props.changed();
  });
  const move = (name: string, where: "up" | "down" | "top" | "end") => {
    const found = placeAfterMove(names, name, where);
    if (found) void deed.run(() => moveBefore(name, found.before), t("{name} is now number {place} of {n}", { name, place: found.place, n: names.length }));
  };
  const drop = (name: string, before: string | null) => {
    if (name !== before && names[names.indexOf(name) + 1] !== before) void deed.run(() => moveBefore(name, before), before ? t("{name} now stands above {other}", { name, other: before }) : t("{name} is now the last", { name }));
  };
  const toggle = (rule: RuleEntry) => void deed.run(() => switchRule(rule), rule.enabled === false ? t("{name} is on", { name: rule.name }) : t("{name} is off", { name: rule.name }));
  const remove = (name: string) => void deed.run(() => removeRule(name), t("{name} is removed", { name }));
  return { move, drop, toggle, remove, deed, spoken };
}

export function RuleTable(props: RuleTableProps) {
  const { rules, counts, warnings, problems, readOnly, saved, open, add } = props;
  const may = useMay("operator") && !readOnly;
  const { move, drop, toggle, remove, deed, spoken } = useOrder(props);
  const [wanted, setWanted] = useState("");
  const [over, setOver] = useState<string | null>();
  const dragged = useRef<string>(undefined);
  const did = new Map(counts.map((row) => [row.name, row]));
  const shown = rules.map((rule, index) => ({ rule, number: index + 1 })).filter(({ rule }) => !wanted || JSON.stringify(rule).toLowerCase().includes(wanted.toLowerCase()));
  const press = (event: KeyboardEvent, rule: RuleEntry) => {
    if (event.target !== event.currentTarget) return;
    if (may && event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      move(rule.name, event.key === "ArrowUp" ? "up" : "down");
    } else if (event.key === "Enter") open(rule.name);
    else if (may && event.key === "x") toggle(rule);
    else if (may && event.key === "n") add();
    else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      event.preventDefault();
      const rows = [...(event.currentTarget.closest("table")?.querySelectorAll<HTMLElement>("tr[data-rule]") ?? [])];
      rows[rows.indexOf(event.currentTarget as HTMLElement) + (event.key === "ArrowUp" ? -1 : 1)]?.focus();
    }
  };
  const dragging = (name: string | null) => !may ? {} : {
    onDragOver: (event: DragEvent) => { if (dragged.current) { event.preventDefault(); setOver(name); } },
    onDrop: (event: DragEvent) => {
      event.preventDefault();
      if (dragged.current) drop(dragged.current, name);
      dragged.current = undefined;
      setOver(undefined);
    },
  };
  const actions = (rule: RuleEntry) => [
    { title: t("Edit"), onClick: () => open(rule.name) },
    { title: t("Its log lines"), onClick: () => go(["logs", "log"], { filter: format([{ key: "rule", operator: "=", value: rule.name }]) }) },
    { title: t("Its sessions"), onClick: () => go(["sessions"], { filter: format([{ key: "rule", operator: "=", value: rule.name }]) }) },
    ...(may ? [
      { isSeparator: true },
      { title: t("Move up"), onClick: () => move(rule.name, "up") }, { title: t("Move down"), onClick: () => move(rule.name, "down") },
      { title: t("Move to the top"), onClick: () => move(rule.name, "top") }, { title: t("Move to the end"), onClick: () => move(rule.name, "end") },
      { isSeparator: true },
      { title: t("Remove"), onClick: () => remove(rule.name) },
    ] : []),
  ];
  return (
    <div className="stack">
      {saved && <Alert isInline isLiveRegion variant="success" title={t("{name} is saved in the draft, and not in force yet", { name: saved })} actionLinks={<a href={to(["policies", "review"])}>{t("Review and apply")}</a>} />}
      {problems.length > 0 && <Alert isInline variant="danger" title={t("The draft cannot come into force as it is")}><ul className="faults">{problems.map((fault, index) => <li key={index}>{faultText(fault)}</li>)}</ul></Alert>}
      {deed.problem && <ProblemNote problem={deed.problem} />}
      <div className="table-tools">
        <SearchInput data-filter aria-label={t("Search rules")} placeholder={t("Search rules")} value={wanted} onChange={(_, value) => setWanted(value)} onClear={() => setWanted("")} />
        <span className="quiet keys-hint">{t("Alt+↑↓ moves · Enter edits · x switches · ? keys")}</span>
      </div>
      <p className="visually-hidden" aria-live="assertive">{spoken}</p>
      <Table variant="compact" aria-label={t("Rules in their order")} className="rules" gridBreakPoint="grid-lg">
        <Thead>
          <Tr>
            {may && <Th className="slim" screenReaderText={t("Drag")} />}<Th className="slim">#</Th><Th className="slim">{t("On")}</Th><Th>{t("Rule")}</Th><Th>{t("Source")}</Th><Th>{t("Destination")}</Th><Th className="slim">{t("Ports")}</Th><Th>{t("Commands")}</Th><Th className="slim">{t("Verdict")}</Th>
            <Th className="number slim">{t("Hits")}</Th><Th className="slim">{t("Last hit")}</Th><Th screenReaderText={t("Actions")} />
          </Tr>
        </Thead>
        <Tbody>
          {shown.map(({ rule, number }) => {
            const of = did.get(rule.name);
            const remarks = warnings.filter((warning) => warning.rule === rule.name);
            const off = rule.enabled === false;
            return [
              <Tr key={rule.name} data-rule={rule.name} tabIndex={0} onKeyDown={(event) => press(event, rule)} {...dragging(rule.name)} className={`${off ? "off" : ""} ${over === rule.name ? "drop-here" : ""}`}>
                {may && <Td className="grip-cell"><span className="grip" draggable aria-hidden="true" title={t("Drag to move")} onDragStart={(event) => { dragged.current = rule.name; event.dataTransfer.setData("text/plain", rule.name); event.dataTransfer.effectAllowed = "move"; }} onDragEnd={() => setOver(undefined)}>⠿</span></Td>}
                <Td dataLabel="#">{number}</Td>
                <Td dataLabel={t("On")}><Switch aria-label={t("{name} is on", { name: rule.name })} isChecked={!off} isDisabled={!may || deed.busy} onChange={() => toggle(rule)} /></Td>
                <Td dataLabel={t("Rule")} className="words"><Button variant="link" isInline onClick={() => open(rule.name)}>{rule.name}</Button>{rule.comment && <div className="quiet">{rule.comment}</div>}
                  {rule.expires && <Label isCompact color={Date.parse(rule.expires) < Date.now() ? "grey" : "orange"}>{Date.parse(rule.expires) < Date.now() ? t("expired") : t("expires {when}", { when: ago(rule.expires) })}</Label>}</Td>
                <Td dataLabel={t("Source")} className="words">{few(rule.source, "any")}{rule.users?.length || rule.groups?.length ? <div className="quiet">{[...(rule.users ?? []), ...(rule.groups ?? [])].slice(0, 3).join(", ")}</div> : null}</Td>
                <Td dataLabel={t("Destination")} className="words">{few(rule.destination, "any")}</Td>
                <Td dataLabel={t("Ports")}>{few(rule.destination_ports?.map(String), "1-65535")}</Td>
                <Td dataLabel={t("Commands")}><abbr title={(rule.commands ?? Object.keys(LETTERS)).join(", ")}>{lettersOf(rule.commands)}</abbr></Td>
                <Td dataLabel={t("Verdict")}><Verdict verdict={rule.verdict ?? "deny"} /></Td>
                <Td dataLabel={t("Hits")} className="number">{of ? <abbr title={`${t("{n} sessions now", { n: count(of.sessions) })}, ${bytes(of.bytes_down)} ↓ ${bytes(of.bytes_up)} ↑`}>{count(of.hits)}</abbr> : "–"}</Td>
                <Td dataLabel={t("Last hit")} className="whole">{of?.last_hit ? ago(of.last_hit) : t("never")}</Td>
                <Td isActionCell><ActionsColumn items={actions(rule)} aria-label={t("Actions of {name}", { name: rule.name })} /></Td>
              </Tr>,
              ...remarks.map((warning, index) => (
                <Tr key={`${rule.name}-${index}`} className="remark"><Td colSpan={12}><span className="remark-text"><span aria-hidden="true">⚠</span> {warning.message}</span></Td></Tr>
              )),
            ];
          })}
          <Tr key="default deny" className={`default-deny ${over === null ? "drop-here" : ""}`} {...dragging(null)}>
            {may && <Td />}<Td dataLabel="#">–</Td><Td dataLabel={t("On")}>–</Td><Td dataLabel={t("Rule")}>default deny</Td><Td dataLabel={t("Source")}>{t("any")}</Td><Td dataLabel={t("Destination")}>{t("any")}</Td><Td dataLabel={t("Ports")}>{t("any")}</Td><Td dataLabel={t("Commands")}>CBU</Td><Td dataLabel={t("Verdict")}><Verdict verdict="deny" /></Td>
            <Td dataLabel={t("Hits")} className="number">{did.has("default deny") ? count(did.get("default deny")?.hits) : "–"}</Td><Td dataLabel={t("Last hit")}>{did.get("default deny")?.last_hit ? ago(did.get("default deny")?.last_hit) : "–"}</Td><Td />
          </Tr>
        </Tbody>
      </Table>
      {rules.length === 0 && <Nothing title={t("There is no rule, so everything is denied")} action={may ? <Button onClick={add}>{t("Add Component")}</Button> : undefined}>{t("Rules are asked from top to bottom; the first that matches decides.")}</Nothing>}
    </div>
  );
}
