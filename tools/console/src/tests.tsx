// The policy's own tests: what must be allowed and denied, whoever edits.
import { useState } from "react";
import { Button, FormGroup, FormSelect, FormSelectOption, TextInput } from "@patternfly/react-core";
import { useAnswer, useDeed } from "./ask";
import { useChecked } from "./checked";
import { edit, useDrafts } from "./drafts";
import { EntryModal, Listed } from "./entry_table";
import { Verdict } from "./explain";
import { ProblemNote } from "./notes";
import type { TestEntry } from "./shapes";
import { useMay } from "./who";
import { t } from "./words";

function TestForm({ test, close, changed }: { test?: TestEntry; close: () => void; changed: () => void }) {
  const [entry, setEntry] = useState<Record<string, string>>(() => Object.fromEntries(Object.entries({ command: "connect", expect: "allow", ...test }).map(([key, value]) => [key, String(value ?? "")])));
  const put = (key: string) => (_: unknown, value: string) => setEntry((now) => ({ ...now, [key]: value }));
  const save = async () => {
    const json: Record<string, unknown> = {};
    for (const key of ["name", "client", "user", "command", "destination", "address", "port", "expect", "rule"]) if (entry[key]) json[key] = key === "port" ? Number(entry[key]) : entry[key];
    if (test) await edit("PUT", ["tests", test.name], json);
    else await edit("POST", ["tests"], json);
    changed();
  };
  const text = (key: string, label: string, hint = "", required = false) => (
    <FormGroup label={label} fieldId={`test-${key}`} isRequired={required}><TextInput id={`test-${key}`} value={entry[key] ?? ""} placeholder={hint} onChange={put(key)} /></FormGroup>
  );
  const choice = (key: string, label: string, words: string[]) => (
    <FormGroup label={label} fieldId={`test-${key}`}><FormSelect id={`test-${key}`} value={entry[key]} onChange={put(key)}>{words.map((word) => <FormSelectOption key={word} value={word} label={word} />)}</FormSelect></FormGroup>
  );
  return (
    <EntryModal title={test ? t("Test {name}", { name: test.name }) : t("New test")} save={save} close={close} ready={!!entry.name && !!entry.client}>
      {text("name", t("Name"), "", true)}{text("client", t("Client"), "10.1.2.3", true)}{text("user", t("User"), t("nobody"))}{choice("command", t("Command"), ["connect", "bind", "udp_associate"])}
      {text("destination", t("Destination"), "www.example.com")}{text("address", t("Its address"), t("where the name leads"))}{text("port", t("Port"), "443")}{choice("expect", t("Expected"), ["allow", "deny"])}{text("rule", t("By rule"), t("any"))}
    </EntryModal>
  );
}

export function TestsScreen() {
  const { mine } = useDrafts();
  const asked = useAnswer<{ tests: TestEntry[] }>("config/tests", mine ? { draft: mine.id } : {});
  const checked = useChecked(mine?.id, mine?.etag);
  const [opened, setOpened] = useState<TestEntry | "new">();
  const may = useMay("operator");
  const deed = useDeed(async (name: string) => {
    await edit("DELETE", ["tests", name]);
    asked.again();
  });
  const add = may && <Button onClick={() => setOpened("new")}>{t("Add a test")}</Button>;
  return (
    <div className="stack">
      <div className="table-tools">{asked.answer?.tests.length ? add : null}{checked && <span role="status">{t("{passed} of {all} pass", { passed: checked.tests.passed, all: checked.tests.passed + checked.tests.failed })}</span>}</div>
      {deed.problem && <ProblemNote problem={deed.problem} />}
      <Listed asked={asked} label={t("Tests")} rows={asked.answer?.tests ?? []} id={(test, index) => `${index}${test.name}`} empty={t("There is no test")}
        hint={t("A test says what must be allowed or denied. A change that fails one does not come into force. Explain makes tests of its answers.")} add={add}
        columns={[
          { title: t("Name"), cell: (test) => <Button variant="link" isInline onClick={() => setOpened(test)}>{test.name}</Button> },
          { title: t("Client"), cell: (test) => `${test.user ? `${test.user} ` : ""}${test.client ?? ""}` },
          { title: t("Command"), cell: (test) => test.command ?? "connect" },
          { title: t("Destination"), cell: (test) => `${test.destination ?? "–"}${test.port ? `:${test.port}` : ""}` },
          { title: t("Expected"), cell: (test) => <Verdict verdict={test.expect ?? "allow"} /> },
          { title: t("By rule"), cell: (test) => test.rule ?? t("any") },
        ]}
        actions={may ? (test) => <Button variant="link" isDanger size="sm" aria-label={t("Remove {name}", { name: test.name })} onClick={() => void deed.run(test.name)}>{t("Remove")}</Button> : undefined} />
      {opened && <TestForm test={opened === "new" ? undefined : opened} close={() => setOpened(undefined)} changed={asked.again} />}
    </div>
  );
}
