// Users whom the gateway itself can check, and groups of users for rules.
import { useState } from "react";
import { Button, FormGroup, TextArea, TextInput, Title } from "@patternfly/react-core";
import { useAnswer, useDeed } from "./ask";
import { DraftBar } from "./draft_bar";
import { edit, useDrafts } from "./drafts";
import { EntryModal, Listed } from "./entry_table";
import { ago, count } from "./format";
import { format } from "./filter";
import { ProblemNote } from "./notes";
import { to, type Place } from "./route";
import type { GroupEntry, UserEntry } from "./shapes";
import { useMay } from "./who";
import { t } from "./words";

function UserForm({ user, close, changed }: { user?: UserEntry; close: () => void; changed: () => void }) {
  const [name, setName] = useState(user?.name ?? "");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const save = async () => {
    const json = { name, ...(password ? { password } : {}) };
    if (user) await edit("PUT", ["users", user.name], json);
    else await edit("POST", ["users"], json);
    changed();
  };
  return (
    <EntryModal title={user ? t("User {name}", { name: user.name }) : t("New user")} save={save} close={close} ready={name !== "" && password === again && (!!user || password !== "")}>
      <FormGroup label={t("Name")} fieldId="user-name" isRequired><TextInput id="user-name" value={name} onChange={(_, value) => setName(value)} autoComplete="off" /></FormGroup>
      <FormGroup label={user ? t("New password (empty: as it is)") : t("Password")} fieldId="user-password"><TextInput id="user-password" type="password" value={password} onChange={(_, value) => setPassword(value)} autoComplete="new-password" /></FormGroup>
      <FormGroup label={t("The same again")} fieldId="user-again"><TextInput id="user-again" type="password" value={again} onChange={(_, value) => setAgain(value)} autoComplete="new-password" validated={again && again !== password ? "error" : "default"} /></FormGroup>
      <p className="quiet">{t("The gateway hashes it; nobody can read it back, and it stands in no log.")}</p>
    </EntryModal>
  );
}

function GroupForm({ group, close, changed }: { group?: GroupEntry; close: () => void; changed: () => void }) {
  const [name, setName] = useState(group?.name ?? "");
  const [members, setMembers] = useState((group?.members ?? group?.users ?? []).join("\n"));
  const save = async () => {
    const json = { name, members: members.split(/\s*[\n,]\s*/).filter(Boolean) };
    if (group) await edit("PUT", ["groups", group.name], json);
    else await edit("POST", ["groups"], json);
    changed();
  };
  return (
    <EntryModal title={group ? t("Group {name}", { name: group.name }) : t("New group")} save={save} close={close} ready={name !== ""}>
      <FormGroup label={t("Name")} fieldId="group-name" isRequired><TextInput id="group-name" value={name} onChange={(_, value) => setName(value)} /></FormGroup>
      <FormGroup label={t("Members (one a line)")} fieldId="group-members"><TextArea id="group-members" rows={8} value={members} onChange={(_, value) => setMembers(value)} resizeOrientation="vertical" /></FormGroup>
    </EntryModal>
  );
}

function useRemoval(kind: "users" | "groups", again: () => void) {
  return useDeed(async (name: string) => {
    await edit("DELETE", [kind, name]);
    again();
  });
}

function UserList() {
  const { mine } = useDrafts();
  const asked = useAnswer<{ users: UserEntry[] }>("config/users", mine ? { draft: mine.id } : {});
  const [opened, setOpened] = useState<UserEntry | "new">();
  const may = useMay("operator");
  const deed = useRemoval("users", asked.again);
  const add = may && <Button onClick={() => setOpened("new")}>{t("Add a user")}</Button>;
  return (
    <div className="stack">
      <div className="table-tools">{asked.answer?.users.length ? add : null}</div>
      {deed.problem && <ProblemNote problem={deed.problem} />}
      <Listed asked={asked} label={t("Users")} rows={asked.answer?.users ?? []} id={(user) => user.name} empty={t("There is no user of its own")} hint={t("Users of PAM and Kerberos are not listed here.")} add={add}
        columns={[
          { title: t("Name"), cell: (user) => <Button variant="link" isInline onClick={() => setOpened(user)}>{user.name}</Button> },
          { title: t("Password"), cell: (user) => (user.has_password === false ? t("none") : t("set")) },
          { title: t("Last seen"), cell: (user) => (user.last_seen ? ago(user.last_seen) : "–") },
          { title: t("Look at"), cell: (user) => <><a className="spaced" href={to(["sessions"], { filter: format([{ key: "user", operator: "=", value: user.name }]) })}>{t("sessions")}</a><a className="spaced" href={to(["logs", "log"], { filter: format([{ key: "user", operator: "=", value: user.name }]) })}>{t("log")}</a></> },
        ]}
        actions={may ? (user) => <Button variant="link" isDanger size="sm" aria-label={t("Remove {name}", { name: user.name })} onClick={() => void deed.run(user.name)}>{t("Remove")}</Button> : undefined} />
      {opened && <UserForm user={opened === "new" ? undefined : opened} close={() => setOpened(undefined)} changed={asked.again} />}
    </div>
  );
}

function GroupList() {
  const { mine } = useDrafts();
  const asked = useAnswer<{ groups: GroupEntry[] }>("config/groups", mine ? { draft: mine.id } : {});
  const [opened, setOpened] = useState<GroupEntry | "new">();
  const may = useMay("operator");
  const deed = useRemoval("groups", asked.again);
  const add = may && <Button onClick={() => setOpened("new")}>{t("Add a group")}</Button>;
  const membersOf = (group: GroupEntry) => group.members ?? group.users ?? [];
  return (
    <div className="stack">
      <div className="table-tools">{asked.answer?.groups.length ? add : null}</div>
      {deed.problem && <ProblemNote problem={deed.problem} />}
      <Listed asked={asked} label={t("Groups")} rows={asked.answer?.groups ?? []} id={(group) => group.name} empty={t("There is no group")} hint={t("A group names users, for rules; its members may be users of PAM or Kerberos.")} add={add}
        columns={[
          { title: t("Name"), cell: (group) => <Button variant="link" isInline onClick={() => setOpened(group)}>{group.name}</Button> },
          { title: t("Members"), cell: (group) => count(membersOf(group).length), number: true },
          { title: t("Such as"), cell: (group) => membersOf(group).slice(0, 4).join(", ") },
          { title: t("Used by"), cell: (group) => (group.used_by ?? []).join(", ") || "–" },
        ]}
        actions={may ? (group) => <Button variant="link" isDanger size="sm" aria-label={t("Remove {name}", { name: group.name })} onClick={() => void deed.run(group.name)}>{t("Remove")}</Button> : undefined} />
      {opened && <GroupForm group={opened === "new" ? undefined : opened} close={() => setOpened(undefined)} changed={asked.again} />}
    </div>
  );
}

export function Users({ place }: { place: Place }) {
  const groups = place.parts[1] === "groups";
  return (
    <div className="stack">
      <div className="screen-head"><Title headingLevel="h1">{groups ? t("Groups") : t("Users")}</Title><span className="screen-buttons"><DraftBar /></span></div>
      {groups ? <GroupList /> : <UserList />}
    </div>
  );
}
