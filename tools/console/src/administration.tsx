import { useState } from "react";
import { Button, FormGroup, FormSelect, FormSelectOption, Label, Tab, TabTitleText, Tabs, TextInput, Title, ClipboardCopy } from "@patternfly/react-core";
import { call, get, pathOf, post } from "./api";
import { useAnswer, useDeed } from "./ask";
import { DraftBar } from "./draft_bar";
import { takeDraft } from "./drafts";
import { EntryModal, Listed } from "./entry_table";
import { ago, count, moment } from "./format";
import { Devices } from "./gateway";
import { LockForm } from "./lock_form";
import { Loading, ProblemNote, Really } from "./notes";
import { DiffView } from "./review";
import { go, type Place } from "./route";
import type { Admin, AuditRecord, Diff, Draft, Lock, Revision, Token } from "./shapes";
import { System } from "./system";
import { useMay } from "./who";
import { t } from "./words";

function SystemSettings({ place }: { place: Place }) {
  const tab = place.parts[2] ?? "devices";
  return (
    <div className="stack">
      <div className="screen-head"><Title headingLevel="h1">{t("System Settings")}</Title><span className="screen-buttons"><DraftBar /></span></div>
      <Tabs activeKey={tab} onSelect={(_, key) => go(["administration", "system", String(key)])} aria-label={t("System Settings")}>
        <Tab eventKey="devices" title={<TabTitleText>{t("Devices")}</TabTitleText>}>{tab === "devices" && <div className="tab-pane"><Devices place={place} /></div>}</Tab>
        <Tab eventKey="process" title={<TabTitleText>{t("Process")}</TabTitleText>}>{tab === "process" && <div className="tab-pane"><System /></div>}</Tab>
      </Tabs>
    </div>
  );
}

function RevisionDiff({ revision, close }: { revision: Revision; close: () => void }) {
  const first = revision.number <= 1;
  const before = useAnswer<Diff>(first ? undefined : pathOf("revisions", String(revision.number - 1)) + ":diff", { to: revision.number });
  return (
    <Really title={t("Revision {n}", { n: revision.number })} text={revision.message} act={t("Close")} done={close} close={close}>
      {first ? <p className="quiet">{t("It is the first one.")}</p> : before.answer ? <DiffView diff={before.answer} /> : before.problem ? <ProblemNote problem={before.problem} /> : <Loading busy />}
    </Really>
  );
}

function Revisions() {
  const asked = useAnswer<{ revisions: Revision[]; next?: number | null }>("revisions", { limit: 200 });
  const [opened, setOpened] = useState<Revision>();
  const may = useMay("administrator");
  const deed = useDeed(async (revision: Revision) => {
    const { body, etag } = await call<Draft>("POST", pathOf("revisions", String(revision.number)) + ":restore");
    takeDraft({ ...body, etag: etag ?? body.etag });
    go(["policies", "review"]);
  });
  return (
    <>
      {deed.problem && <ProblemNote problem={deed.problem} />}
      <Listed asked={asked} label={t("Revisions")} rows={asked.answer?.revisions ?? []} id={(revision) => String(revision.number)} empty={t("No revision is kept yet")} hint={t("Each change that is confirmed becomes one.")}
        columns={[
          { title: "#", cell: (revision) => <>{revision.number} {revision.in_force && <Label isCompact color="green">{t("in force")}</Label>}</> },
          { title: t("When"), cell: (revision) => moment(revision.at) },
          { title: t("Who"), cell: (revision) => revision.author },
          { title: t("From where"), cell: (revision) => revision.from },
          { title: t("Message"), cell: (revision) => revision.message },
        ]}
        actions={(revision) => (
          <>
            <Button variant="link" size="sm" onClick={() => setOpened(revision)} aria-label={t("What changed in {n}", { n: revision.number })}>{t("What changed")}</Button>
            {may && !revision.in_force && <Button variant="link" size="sm" onClick={() => void deed.run(revision)} aria-label={t("Restore {n}", { n: revision.number })}>{t("Restore")}</Button>}
          </>
        )} />
      {opened && <RevisionDiff revision={opened} close={() => setOpened(undefined)} />}
    </>
  );
}

function Audit() {
  const [older, setOlder] = useState<{ records: AuditRecord[]; next?: number | null }>();
  const asked = useAnswer<{ records: AuditRecord[]; next?: number | null }>("audit", { limit: 200 }, 10000);
  const verify = useAnswer<{ ok: boolean; records: number; broken_at: number | null }>("audit:verify");
  const next = older ? older.next : asked.answer?.next;
  const deed = useDeed(async () => {
    const more = await get<{ records: AuditRecord[]; next?: number | null }>("audit", { limit: 200, before: next ?? undefined });
    setOlder({ records: [...(older?.records ?? []), ...more.records], next: more.next });
  });
  return (
    <div className="stack">
      {verify.answer && <p role="status"><Label isCompact color={verify.answer.ok ? "green" : "red"}>{verify.answer.ok ? t("The chain is whole: {n} records", { n: count(verify.answer.records) }) : t("The chain is broken at record {n}", { n: verify.answer.broken_at ?? 0 })}</Label></p>}
      {deed.problem && <ProblemNote problem={deed.problem} />}
      <Listed asked={asked} label={t("Audit")} rows={[...(asked.answer?.records ?? []), ...(older?.records ?? [])]} id={(record) => String(record.number)} empty={t("Nothing has been done yet")} hint={t("Whatever an administrator changes, or tries to, stands here.")}
        columns={[
          { title: "#", cell: (record) => record.number },
          { title: t("When"), cell: (record) => moment(record.at) },
          { title: t("Who"), cell: (record) => `${record.who} (${record.role})` },
          { title: t("From where"), cell: (record) => `${record.door} ${record.from}` },
          { title: t("Did"), cell: (record) => <>{record.action} <span className="quiet">{record.object}</span></> },
          { title: t("Outcome"), cell: (record) => record.outcome },
          { title: t("Detail"), cell: (record) => record.detail },
        ]} />
      {next && <div><Button variant="secondary" onClick={() => void deed.run()} isLoading={deed.busy}>{t("Older ones")}</Button></div>}
    </div>
  );
}

const ROLES = ["viewer", "operator", "administrator", "auditor"];

function AdminForm({ admin, close, changed }: { admin?: Admin; close: () => void; changed: () => void }) {
  const [name, setName] = useState(admin?.name ?? "");
  const [role, setRole] = useState(admin?.role ?? "viewer");
  const [password, setPassword] = useState("");
  const save = async () => {
    const json = { name, role, ...(password ? { password } : {}) };
    if (admin) await call("PUT", pathOf("admins", admin.name), { json });
    else await post("admins", json);
    changed();
  };
  return (
    <EntryModal title={admin ? t("Administrator {name}", { name: admin.name }) : t("New administrator")} save={save} close={close} ready={name !== "" && (!!admin || password.length > 0)}>
      <FormGroup label={t("Name")} fieldId="admin-name" isRequired><TextInput id="admin-name" value={name} isDisabled={!!admin} onChange={(_, value) => setName(value)} autoComplete="off" /></FormGroup>
      <FormGroup label={t("Role")} fieldId="admin-role"><FormSelect id="admin-role" value={role} onChange={(_, value) => setRole(value)}>{ROLES.map((word) => <FormSelectOption key={word} value={word} label={word} />)}</FormSelect></FormGroup>
      <FormGroup label={admin ? t("New password (empty: as it is)") : t("Password")} fieldId="admin-password"><TextInput id="admin-password" type="password" value={password} onChange={(_, value) => setPassword(value)} autoComplete="new-password" /></FormGroup>
    </EntryModal>
  );
}

function Administrators() {
  const asked = useAnswer<{ admins: Admin[] }>("admins");
  const [opened, setOpened] = useState<Admin | "new">();
  const [removing, setRemoving] = useState<Admin>();
  const may = useMay("administrator");
  const deed = useDeed(async () => {
    if (removing) await call("DELETE", pathOf("admins", removing.name));
    setRemoving(undefined);
    asked.again();
  });
  const add = may && <Button onClick={() => setOpened("new")}>{t("Add an administrator")}</Button>;
  return (
    <div className="stack">
      <div className="table-tools">{asked.answer?.admins.length ? add : null}</div>
      <Listed asked={asked} label={t("Administrators")} rows={asked.answer?.admins ?? []} id={(admin) => admin.name} empty={t("There is no account")} hint={t("Without accounts, only the link of sluicectl console signs in.")} add={add}
        columns={[
          { title: t("Name"), cell: (admin) => admin.name }, { title: t("Role"), cell: (admin) => admin.role },
          { title: t("Last seen"), cell: (admin) => (admin.last_seen ? ago(admin.last_seen) : "–") },
        ]}
        actions={may ? (admin) => <><Button variant="link" size="sm" onClick={() => setOpened(admin)} aria-label={t("Edit {name}", { name: admin.name })}>{t("Edit")}</Button><Button variant="link" isDanger size="sm" onClick={() => setRemoving(admin)} aria-label={t("Remove {name}", { name: admin.name })}>{t("Remove")}</Button></> : undefined} />
      {opened && <AdminForm admin={opened === "new" ? undefined : opened} close={() => setOpened(undefined)} changed={asked.again} />}
      {removing && <Really danger title={t("Remove {name}?", { name: removing.name })} text={t("Its sign-ins end at once.")} act={t("Remove")} busy={deed.busy} problem={deed.problem} done={() => void deed.run()} close={() => setRemoving(undefined)} />}
    </div>
  );
}

function TokenForm({ close, changed }: { close: () => void; changed: () => void }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState("viewer");
  const [days, setDays] = useState("90");
  const [made, setMade] = useState<Token>();
  const deed = useDeed(async () => {
    setMade(await post<Token>("tokens", { name, role, expires: new Date(Date.now() + Number(days) * 86400000).toISOString().replace(/\.\d+Z$/, "Z") }));
    changed();
  });
  if (made) {
    return (
      <Really title={t("Token {name}", { name: made.name })} text={t("It is shown once. Keep it now.")} act={t("Close")} done={close} close={close}>
        <ClipboardCopy isReadOnly hoverTip={t("Copy")} clickTip={t("Copied")} textAriaLabel={t("Token")}>{made.token ?? ""}</ClipboardCopy>
      </Really>
    );
  }
  return (
    <Really title={t("New token")} text="" act={t("Make it")} busy={deed.busy} problem={deed.problem} disabled={!name} done={() => void deed.run()} close={close}>
      <FormGroup label={t("Name")} fieldId="token-name" isRequired><TextInput id="token-name" value={name} onChange={(_, value) => setName(value)} /></FormGroup>
      <FormGroup label={t("Role")} fieldId="token-role"><FormSelect id="token-role" value={role} onChange={(_, value) => setRole(value)}>{ROLES.map((word) => <FormSelectOption key={word} value={word} label={word} />)}</FormSelect></FormGroup>
      <FormGroup label={t("Expires")} fieldId="token-days"><FormSelect id="token-days" value={days} onChange={(_, value) => setDays(value)}><FormSelectOption value="30" label={t("in 30 days")} /><FormSelectOption value="90" label={t("in 90 days")} /><FormSelectOption value="365" label={t("in a year")} /></FormSelect></FormGroup>
    </Really>
  );
}

function Tokens() {
  const asked = useAnswer<{ tokens: Token[] }>("tokens");
  const [making, setMaking] = useState(false);
  const may = useMay("administrator");
  const deed = useDeed(async (token: Token) => {
    await call("DELETE", pathOf("tokens", token.id));
    asked.again();
  });
  const add = may && <Button onClick={() => setMaking(true)}>{t("Make a token")}</Button>;
  return (
    <div className="stack">
      <div className="table-tools">{asked.answer?.tokens.length ? add : null}</div>
      {deed.problem && <ProblemNote problem={deed.problem} />}
      <Listed asked={asked} label={t("Tokens")} rows={asked.answer?.tokens ?? []} id={(token) => token.id} empty={t("There is no token")} hint={t("A token lets a program in, such as a collector of metrics.")} add={add}
        columns={[
          { title: t("Name"), cell: (token) => token.name }, { title: t("Role"), cell: (token) => token.role },
          { title: t("Expires"), cell: (token) => (token.expires ? moment(token.expires) : t("never")) }, { title: t("Last use"), cell: (token) => (token.last_use ? ago(token.last_use) : t("never")) },
        ]}
        actions={may ? (token) => <Button variant="link" isDanger size="sm" onClick={() => void deed.run(token)} aria-label={t("Revoke {name}", { name: token.name })}>{t("Revoke")}</Button> : undefined} />
      {making && <TokenForm close={() => setMaking(false)} changed={asked.again} />}
    </div>
  );
}

function Locks() {
  const asked = useAnswer<{ locks: Lock[] }>("locks", {}, 5000);
  const [making, setMaking] = useState(false);
  const may = useMay("operator");
  const deed = useDeed(async (lock: Lock) => {
    await call("DELETE", pathOf("locks", lock.id));
    asked.again();
  });
  const add = may && <Button onClick={() => setMaking(true)}>{t("Lock…")}</Button>;
  return (
    <div className="stack">
      <div className="table-tools">{asked.answer?.locks.length ? add : null}</div>
      {deed.problem && <ProblemNote problem={deed.problem} />}
      <Listed asked={asked} label={t("Locks")} rows={asked.answer?.locks ?? []} id={(lock) => lock.id} empty={t("Nothing is locked")} hint={t("A lock ends the sessions of a user, a network or a destination, and refuses new ones above all rules until it expires.")} add={add}
        columns={[
          { title: t("What"), cell: (lock) => (lock.user !== undefined ? `${t("User")} ${lock.user}` : lock.client !== undefined ? `${t("Client")} ${lock.client}` : `${t("Destination")} ${lock.destination}`) },
          { title: t("Reason"), cell: (lock) => lock.reason }, { title: t("Who"), cell: (lock) => lock.by }, { title: t("When"), cell: (lock) => moment(lock.at) },
          { title: t("Expires"), cell: (lock) => (lock.expires ? ago(lock.expires) : t("never")) }, { title: t("Ended"), cell: (lock) => count(lock.ended), number: true },
        ]}
        actions={may ? (lock) => <Button variant="link" size="sm" onClick={() => void deed.run(lock)} aria-label={t("Lift the lock {reason}", { reason: lock.reason })}>{t("Lift")}</Button> : undefined} />
      {making && <LockForm close={() => { setMaking(false); asked.again(); }} />}
    </div>
  );
}

const PAGES = { revisions: ["Revisions", Revisions], audit: ["Audit", Audit], administrators: ["Administrators", Administrators], tokens: ["Tokens", Tokens], locks: ["Locks", Locks] } as const;

export function Administration({ place }: { place: Place }) {
  const page = PAGES[place.parts[1] as keyof typeof PAGES];
  if (!page) return <SystemSettings place={place} />;
  const [title, Page] = page;
  return <div className="stack"><div className="screen-head"><Title headingLevel="h1">{t(title)}</Title></div><Page /></div>;
}
