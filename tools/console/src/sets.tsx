import { useState } from "react";
import { Button, FormGroup, TextArea, TextInput } from "@patternfly/react-core";
import { useAnswer, useDeed } from "./ask";
import { edit, useDrafts } from "./drafts";
import { EntryModal, Listed } from "./entry_table";
import { count } from "./format";
import { ProblemNote } from "./notes";
import { to, type Place } from "./route";
import type { SetEntry } from "./shapes";
import { useMay } from "./who";
import { t } from "./words";

const lines = (text: string) => text.split(/[\n,]+/).map((line) => line.trim()).filter(Boolean);

function SetForm({ set, close, changed }: { set?: SetEntry; close: () => void; changed: () => void }) {
  const [name, setName] = useState(set?.name ?? "");
  const [addresses, setAddresses] = useState((set?.addresses ?? []).join("\n"));
  const [hosts, setHosts] = useState((set?.hosts ?? []).join("\n"));
  const save = async () => {
    const entry = { name, ...(lines(addresses).length ? { addresses: lines(addresses) } : {}), ...(lines(hosts).length ? { hosts: lines(hosts) } : {}) };
    if (set) await edit("PUT", ["sets", set.name], entry);
    else await edit("POST", ["sets"], entry);
    changed();
  };
  return (
    <EntryModal title={set ? t("Set @{name}", { name: set.name }) : t("New set")} save={save} close={close} ready={name !== "" && lines(addresses + hosts).length > 0}>
      <FormGroup label={t("Name")} fieldId="set-name" isRequired><TextInput id="set-name" value={name} onChange={(_, value) => setName(value)} /></FormGroup>
      <FormGroup label={t("Addresses, ranges, networks, file:… (one a line)")} fieldId="set-addresses"><TextArea id="set-addresses" rows={6} value={addresses} onChange={(_, value) => setAddresses(value)} resizeOrientation="vertical" /></FormGroup>
      <FormGroup label={t("Host names, *.suffix, file:… (one a line)")} fieldId="set-hosts"><TextArea id="set-hosts" rows={6} value={hosts} onChange={(_, value) => setHosts(value)} resizeOrientation="vertical" /></FormGroup>
    </EntryModal>
  );
}

export function SetsScreen({ place }: { place: Place }) {
  const { mine } = useDrafts();
  const asked = useAnswer<{ sets: SetEntry[] }>("config/sets", mine ? { draft: mine.id } : {});
  const [opened, setOpened] = useState<SetEntry | "new" | undefined>(place.query.get("new") !== null ? "new" : undefined);
  const may = useMay("operator");
  const deed = useDeed(async (name: string) => {
    await edit("DELETE", ["sets", name]);
    asked.again();
  });
  const add = may && <Button onClick={() => setOpened("new")}>{t("Add a set")}</Button>;
  return (
    <div className="stack">
      <div className="table-tools">{asked.answer?.sets.length ? add : null}</div>
      {deed.problem && <ProblemNote problem={deed.problem} />}
      <Listed asked={asked} label={t("Sets")} rows={asked.answer?.sets ?? []} id={(set) => set.name} empty={t("There is no set")} hint={t("A set is a named list of addresses or hosts, for @name in rules.")} add={add}
        columns={[
          { title: t("Name"), cell: (set) => <Button variant="link" isInline onClick={() => setOpened(set)}>@{set.name}</Button> },
          { title: t("Entries"), cell: (set) => count((set.addresses?.length ?? 0) + (set.hosts?.length ?? 0)), number: true },
          { title: t("Such as"), cell: (set) => [...(set.addresses ?? []), ...(set.hosts ?? [])].slice(0, 3).join(", ") },
          { title: t("Used by"), cell: (set) => (set.used_by?.length ? set.used_by.map((rule) => <a key={rule} className="spaced" href={to(["policies", "condition-elements", "socks-request", rule])}>{rule}</a>) : <span className="quiet">{t("nobody")}</span>) },
        ]}
        actions={may ? (set) => <Button variant="link" isDanger size="sm" aria-label={t("Remove {name}", { name: set.name })} onClick={() => void deed.run(set.name)}>{t("Remove")}</Button> : undefined} />
      {opened && <SetForm set={opened === "new" ? undefined : opened} close={() => setOpened(undefined)} changed={asked.again} />}
    </div>
  );
}
