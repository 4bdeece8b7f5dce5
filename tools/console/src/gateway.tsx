// Administration → System Settings → Devices: the tree of devices, and the settings of their SOCKS service.
import { useState, type ReactNode } from "react";
import { ActionGroup, Alert, Button, Checkbox, Form, FormGroup, FormHelperText, FormSelect, FormSelectOption, HelperText, HelperTextItem, Tab, TabTitleText, Tabs, TextInput, Title, TreeView, type TreeViewDataItem } from "@patternfly/react-core";
import { useAnswer, useDeed } from "./ask";
import { edit, useDrafts } from "./drafts";
import { Loading, Nothing, ProblemNote, ScreenProblem } from "./notes";
import { go, to, type Place } from "./route";
import { changesOf, DURATIONS, settingsOf, type Settings, type SettingsAnswer } from "./settings_fields";
import { useMay } from "./who";
import { t, type Sentence } from "./words";

function Field({ id, label, note, children }: { id: string; label: string; note?: string; children: ReactNode }) {
  return (
    <FormGroup label={label} fieldId={id}>
      {children}
      {note && <FormHelperText><HelperText><HelperTextItem>{note}</HelperTextItem></HelperText></FormHelperText>}
    </FormGroup>
  );
}

function ListenChoice({ id, label, value, change, any, loopback }: { id: string; label: string; value: string; change: (value: string) => void; any: string; loopback: string }) {
  const known = [any, loopback, ""];
  return (
    <Field id={id} label={label}>
      <div className="range">
        <FormSelect id={id} value={known.includes(value) ? value : "other"} onChange={(_, chosen) => change(chosen === "other" ? " " : chosen)}>
          <FormSelectOption value={any} label={t("Any")} /><FormSelectOption value={loopback} label={loopback} /><FormSelectOption value="" label={t("none")} /><FormSelectOption value="other" label={t("these addresses")} />
        </FormSelect>
        {!known.includes(value) && <TextInput aria-label={t("{what}, addresses", { what: label })} value={value.trimStart()} placeholder={loopback} onChange={(_, typed) => change(typed || " ")} />}
      </div>
    </Field>
  );
}

const TIMES: [keyof typeof DURATIONS, Sentence, Sentence?][] = [
  ["connect", "Connection", "to resolve the name and reach the target"], ["bind", "Bind", "for the application server to connect"], ["udp_idle", "UDP idle", "an association in which nothing moves"],
  ["handshake", "Handshake", "from accept to a complete request"], ["authentication", "Authentication", "for a password to be checked"], ["idle", "Idle", "a tunnel in which nothing moves"], ["half_closed", "Half closed", "the same, once one side has said it is done"],
  ["ident", "Ident"], ["stalled", "Stalled", "a side that takes nothing although bytes wait for it"],
];

function SocksForm({ answer, saved, setSaved, again }: { answer: SettingsAnswer; saved: boolean; setSaved: (saved: boolean) => void; again: () => void }) {
  const may = useMay("operator");
  const first = settingsOf(answer);
  const [settings, setSettings] = useState<Settings>(first);
  const [tab, setTab] = useState<string | number>("service");
  const put = <K extends keyof Settings>(key: K) => (value: Settings[K]) => { setSaved(false); setSettings((now) => ({ ...now, [key]: value })); };
  const changes = changesOf(first, settings);
  const deed = useDeed(async () => {
    await edit("PATCH", ["settings"], changes);
    setSaved(true);
    again();
  });
  const port = Number(settings.port), backlog = Number(settings.backlog);
  // What stands there already is let be: 0 is any free port.
  const portFault = settings.port !== first.port && (!Number.isInteger(port) || port < 1 || port > 65535);
  const timeFault = TIMES.some(([key]) => settings.times[key] !== undefined && !/^\d+$/.test(settings.times[key] ?? ""));
  return (
    <Form isHorizontal className="socks-form" onSubmit={(event) => { event.preventDefault(); void deed.run(); }}>
      <Checkbox id="socks-enabled" label={t("Enable Socks")} isChecked={settings.enabled} onChange={(_, checked) => put("enabled")(checked)} />
      <Tabs activeKey={tab} onSelect={(_, key) => setTab(key)} aria-label="SOCKS">
        <Tab eventKey="service" title={<TabTitleText>{t("Socks Service")}</TabTitleText>}>
          <div className="tab-body">
            <ListenChoice id="socks-ipv4" label={t("IPv4 listening address")} value={settings.ipv4} change={put("ipv4")} any="any" loopback="127.0.0.1" />
            <ListenChoice id="socks-ipv6" label={t("IPv6 listening address")} value={settings.ipv6} change={put("ipv6")} any="any" loopback="::1" />
            <Field id="socks-port" label={t("Listening Port")} note={portFault ? t("Expected a port of 1 to 65535.") : t("1080 as shipped")}><TextInput id="socks-port" type="number" value={settings.port} onChange={(_, value) => put("port")(value)} validated={portFault ? "error" : "default"} /></Field>
          </div>
        </Tab>
        <Tab eventKey="advanced" title={<TabTitleText>{t("Advanced")}</TabTitleText>}>
          <div className="tab-body">
            <Checkbox id="socks-4" label={t("Support SOCKS Version 4")} description={t("and 4a; its user ids are not authenticated")} isChecked={settings.socks4} onChange={(_, checked) => put("socks4")(checked)} />
            <Field id="socks-backlog" label={t("Maximum transactions backlog")} note={t("256 as shipped")}><TextInput id="socks-backlog" type="number" value={settings.backlog} onChange={(_, value) => put("backlog")(value)} validated={Number.isInteger(backlog) && backlog > 0 ? "default" : "error"} /></Field>
            <Checkbox id="socks-end-refused" label={t("End the sessions that new rules refuse")} description={t("after each change, and when a rule expires")} isChecked={settings.endRefused} onChange={(_, checked) => put("endRefused")(checked)} />
          </div>
        </Tab>
        <Tab eventKey="timeouts" title={<TabTitleText>{t("Timeout Settings")}</TabTitleText>}>
          <div className="tab-body">
            {TIMES.filter(([key]) => settings.times[key] !== undefined).map(([key, label, note]) => (
              <Field key={key} id={`time-${key}`} label={t("{what} (seconds)", { what: t(label) })} note={note && t(note)}>
                <TextInput id={`time-${key}`} type="number" value={settings.times[key] ?? ""} onChange={(_, value) => put("times")({ ...settings.times, [key]: value })} />
              </Field>
            ))}
          </div>
        </Tab>
      </Tabs>
      {deed.problem && <ProblemNote problem={deed.problem} />}
      {saved && <Alert isInline isLiveRegion variant="success" title={t("Saved in the draft, and not in force yet")} actionLinks={<a href={to(["policies", "review"])}>{t("Review and apply")}</a>} />}
      <ActionGroup>
        <Button type="submit" isLoading={deed.busy} isDisabled={deed.busy || !may || portFault || timeFault || Object.keys(changes).length === 0}>{t("Save")}</Button>
        <Button variant="link" onClick={() => setSettings(first)} isDisabled={Object.keys(changes).length === 0}>{t("Cancel")}</Button>
      </ActionGroup>
    </Form>
  );
}

export function Devices({ place }: { place: Place }) {
  const { mine } = useDrafts();
  const asked = useAnswer<SettingsAnswer>("config/settings", mine ? { draft: mine.id } : {});
  const device = location.hostname === "127.0.0.1" || location.hostname === "localhost" || location.hostname === "[::1]" ? t("This gateway") : location.hostname;
  const node = place.parts[3];
  const [saved, setSaved] = useState(false);  // outlives the form, which begins anew with a new draft
  const tree: TreeViewDataItem[] = [{
    id: "device", name: device, defaultExpanded: true,
    children: [{ id: "gateway", name: t("Gateway"), defaultExpanded: true, children: [{ id: "socks", name: "SOCKS" }] }],
  }];
  return (
    <div className="tree-and-pane">
      <nav className="tree" aria-label={t("Devices")}>
        <TreeView data={tree} hasSelectableNodes allExpanded aria-label={t("Devices")} activeItems={node === "socks" ? [{ id: "socks", name: "SOCKS" }] : []}
          onSelect={(_, item) => go(["administration", "system", "devices", ...(item.id === "socks" ? ["socks"] : [])])} />
      </nav>
      <div className="pane">
        {node !== "socks" ? <Nothing title={t("Select SOCKS in the tree")} action={<Button variant="link" component="a" href={to(["administration", "system", "devices", "socks"])}>SOCKS</Button>}>{t("Its service, its advanced settings and its time-outs.")}</Nothing> : (
          <section aria-labelledby="socks-title" className="stack">
            <Title id="socks-title" headingLevel="h2">SOCKS</Title>
            {asked.answer ? <SocksForm key={mine?.id ?? "in force"} answer={asked.answer} saved={saved} setSaved={setSaved} again={asked.again} /> : asked.problem ? <ScreenProblem problem={asked.problem} what={t("Settings")} retry={asked.again} /> : <Loading busy={asked.busy} />}
          </section>
        )}
      </div>
    </div>
  );
}

