// One rule, field by field.
import { useMemo, useState, type ReactNode } from "react";
import {
  ActionGroup, Alert, Button, Checkbox, CodeBlock, CodeBlockCode, ExpandableSection, Form, FormFieldGroup, FormFieldGroupHeader, FormGroup, FormHelperText, FormSelect, FormSelectOption, HelperText, HelperTextItem,
  Radio, TextInput, Title,
} from "@patternfly/react-core";
import { useDeed } from "./ask";
import { edit } from "./drafts";
import { moment } from "./format";
import { ProblemNote } from "./notes";
import { to } from "./route";
import { EMPTY, entryOf, faultsOf, fieldsOf, listOf, textOf, type Range, type RuleFields } from "./rule_fields";
import type { RuleEntry } from "./shapes";
import { useMay } from "./who";
import { t } from "./words";

function Fault({ shown, children }: { shown: boolean; children: ReactNode }) {
  return shown ? <FormHelperText><HelperText isLiveRegion><HelperTextItem variant="error">{children}</HelperTextItem></HelperText></FormHelperText> : null;
}

interface RangeInputProps { id: string; label: string; range: Range; change: (range: Range) => void; fault: boolean; any: string; more?: string }

function RangeInput({ id, label, range, change, fault, any, more }: RangeInputProps) {
  const [text, setText] = useState(range.more.join(", "));
  return (
    <FormGroup role="group" label={label} fieldId={`${id}-from`} isStack>
      <div className="range">
        <label htmlFor={`${id}-from`}>{t("From")}</label>
        <TextInput id={`${id}-from`} aria-label={t("{what} from", { what: label })} value={range.from} placeholder={any} onChange={(_, from) => change({ ...range, from })} validated={fault ? "error" : "default"} />
        <label htmlFor={`${id}-to`}>{t("To")}</label>
        <TextInput id={`${id}-to`} aria-label={t("{what} to", { what: label })} value={range.to} placeholder={any} onChange={(_, last) => change({ ...range, to: last })} validated={fault ? "error" : "default"} />
        {more && <TextInput className="range-more" id={`${id}-more`} aria-label={t("{what}, more", { what: label })} value={text} placeholder={more} onChange={(_, value) => { setText(value); change({ ...range, more: listOf(value) }); }} />}
      </div>
      <Fault shown={fault}>{t("Expected a range whose ends are of one kind, the smaller first.")}</Fault>
    </FormGroup>
  );
}

function ListInput({ id, label, list, change, hint, options }: { id: string; label: string; list: string[]; change: (list: string[]) => void; hint: string; options?: string[] }) {
  const [text, setText] = useState(list.join(", "));
  return (
    <FormGroup label={label} fieldId={id}>
      <TextInput id={id} value={text} placeholder={hint} list={options ? `${id}-options` : undefined} onChange={(_, value) => { setText(value); change(listOf(value)); }} />
      {options && <datalist id={`${id}-options`}>{options.map((option) => <option key={option} value={option} />)}</datalist>}
    </FormGroup>
  );
}

const inHours = (hours: number) => new Date(Date.now() + hours * 3600000).toISOString().replace(/\.\d+Z$/, "Z");

function Expiry({ expires, change }: { expires: string; change: (expires: string) => void }) {
  return (
    <FormGroup label={t("Expires")} fieldId="rule-expires">
      <FormSelect id="rule-expires" value={expires} onChange={(_, value) => change(value.startsWith("+") ? inHours(Number(value)) : value)}>
        <FormSelectOption value="" label={t("never")} />
        {expires && <FormSelectOption value={expires} label={moment(expires)} />}
        <FormSelectOption value="+8" label={t("in 8 hours")} /><FormSelectOption value="+24" label={t("in 1 day")} /><FormSelectOption value="+168" label={t("in 1 week")} /><FormSelectOption value="+720" label={t("in 30 days")} />
      </FormSelect>
    </FormGroup>
  );
}

export interface RuleFormProps { rule?: RuleEntry; begun?: RuleEntry; before?: string; sets: string[]; groups: string[]; users: string[]; saved: (name: string) => void; close: () => void }

export function RuleForm({ rule, begun, before, sets, groups, users, saved, close }: RuleFormProps) {
  const may = useMay("operator");
  const [fields, setFields] = useState<RuleFields>(() => (rule ?? begun ? fieldsOf((rule ?? begun)!) : { ...EMPTY, verdict: "allow" }));
  const [tried, setTried] = useState(false);
  const put = <K extends keyof RuleFields>(key: K) => (value: RuleFields[K]) => setFields((now) => ({ ...now, [key]: value }));
  const faults = useMemo(() => faultsOf(fields), [fields]);
  const entry = useMemo(() => entryOf(fields), [fields]);
  const deed = useDeed(async () => {
    if (rule) await edit("PUT", ["rules", rule.name], entry);
    else await edit("POST", ["rules"], { ...(before ? { before } : {}), ...entry });
    saved(entry.name);
  });
  const save = () => {
    setTried(true);
    if (!Object.keys(faults).length) void deed.run();
  };
  const shown = (key: keyof RuleFields) => tried && faults[key] !== undefined;
  const hint = t("more: 10.0.0.0/8, @set, file:…");
  const command = (word: string, checked: boolean) => put("commands")(checked ? [...fields.commands, word] : fields.commands.filter((other) => other !== word));
  const COMMANDS = [["connect", t("Connect"), t("outgoing connections between proxy and server")], ["bind", t("Bind"), t("incoming connections from the server to the proxy")], ["udp_associate", t("UDP Association"), t("UDP datagrams")]] as const;
  return (
    <section aria-labelledby="rule-title" className="stack">
      <div className="screen-head">
        <Title id="rule-title" headingLevel="h2">{rule ? t("Socks Request: {name}", { name: rule.name }) : t("New Socks Request")}</Title>
        {rule?.file && <span className="quiet">{rule.file}{rule.line ? `:${rule.line}` : ""}</span>}
      </div>
      <Form isHorizontal className="rule-form" onSubmit={(event) => { event.preventDefault(); save(); }}>
        {deed.problem && <ProblemNote problem={deed.problem} title={deed.problem.status === 412 ? t("Somebody else has changed this draft meanwhile; what you typed is still here. Save again to put it on top.") : undefined} />}
        <FormGroup label={t("Name")} fieldId="rule-name" isRequired>
          <TextInput id="rule-name" value={fields.name} onChange={(_, value) => put("name")(value)} validated={shown("name") ? "error" : "default"} maxLength={63} />
          <Fault shown={shown("name")}>{t("A rule needs a name.")}</Fault>
        </FormGroup>
        <FormGroup label={t("Comment")} fieldId="rule-comment"><TextInput id="rule-comment" value={fields.comment} onChange={(_, value) => put("comment")(value)} /></FormGroup>
        <FormGroup role="radiogroup" label={t("Verdict")} fieldId="rule-verdict" isInline>
          <Radio id="rule-allow" name="verdict" label={t("Allow")} isChecked={fields.verdict === "allow"} onChange={() => put("verdict")("allow")} />
          <Radio id="rule-deny" name="verdict" label={t("Deny")} isChecked={fields.verdict === "deny"} onChange={() => put("verdict")("deny")} />
        </FormGroup>
        <RangeInput id="rule-source" label={t("Source IP range")} range={fields.source} change={put("source")} fault={shown("source")} any={t("any")} more={hint} />
        <RangeInput id="rule-source-ports" label={t("Source port range")} range={fields.sourcePorts} change={put("sourcePorts")} fault={shown("sourcePorts")} any={t("any")} more={t("more: 443, 8000-8999")} />
        <FormGroup role="radiogroup" label={t("Destination")} fieldId="rule-by" isInline>
          <Radio id="rule-by-ip" name="destination-by" label={t("Destination By IP")} isChecked={fields.destinationBy === "ip"} onChange={() => put("destinationBy")("ip")} />
          <Radio id="rule-by-url" name="destination-by" label={t("Destination By URL")} isChecked={fields.destinationBy === "url"} onChange={() => put("destinationBy")("url")} />
        </FormGroup>
        {fields.destinationBy === "ip"
          ? <RangeInput id="rule-destination" label={t("Destination IP range")} range={fields.destination} change={put("destination")} fault={shown("destination")} any={t("any")} more={hint} />
          : (
            <FormGroup label={t("Destination URL")} fieldId="rule-url" isRequired>
              <TextInput id="rule-url" value={fields.url} placeholder="www.example.com, *.example.org" onChange={(_, value) => put("url")(value)} validated={shown("url") ? "error" : "default"} />
              <Fault shown={shown("url")}>{t("Expected a host name, or *. and a domain; several with commas.")}</Fault>
            </FormGroup>
          )}
        <RangeInput id="rule-destination-ports" label={t("Destination port range")} range={fields.destinationPorts} change={put("destinationPorts")} fault={shown("destinationPorts")} any={t("any")} more={t("more: 443, 8000-8999")} />
        <FormGroup role="group" label={t("Actions")} fieldId="rule-connect" isStack>
          {COMMANDS.map(([word, label, what]) => <Checkbox key={word} id={`rule-${word}`} label={label} description={what} isChecked={fields.commands.includes(word)} onChange={(_, checked) => command(word, checked)} />)}
          <Fault shown={shown("commands")}>{t("A rule needs an action.")}</Fault>
        </FormGroup>
        <ListInput id="rule-users" label={t("Users")} list={fields.users} change={put("users")} hint={t("everybody")} options={users} />
        <ListInput id="rule-groups" label={t("Groups")} list={fields.groups} change={put("groups")} hint={t("everybody")} options={groups} />
        <Expiry expires={fields.expires} change={put("expires")} />
        <FormFieldGroup header={<FormFieldGroupHeader titleText={{ text: t("More"), id: "rule-more-title" }} />}>
          <Checkbox id="rule-authenticated" label={t("Only who has authenticated")} isChecked={fields.authenticated} onChange={(_, checked) => put("authenticated")(checked)} />
          <Checkbox id="rule-enabled" label={t("Switched on")} isChecked={fields.enabled} onChange={(_, checked) => put("enabled")(checked)} />
          <Checkbox id="rule-ident" label={t("SOCKS4: the user id must be confirmed by the client's ident server")} isChecked={fields.ident} onChange={(_, checked) => put("ident")(checked)} />
          <Checkbox id="rule-bind-any" label={t("Bind: any peer that the rules allow may connect")} isChecked={fields.bindAnyPeer} onChange={(_, checked) => put("bindAnyPeer")(checked)} />
          <Checkbox id="rule-udp-any" label={t("UDP: replies also from hosts that the client has not sent to")} isChecked={fields.udpAnyPeer} onChange={(_, checked) => put("udpAnyPeer")(checked)} />
          <ListInput id="rule-egress" label={t("Leaves by address")} list={fields.egressAddresses} change={put("egressAddresses")} hint={t("as Linux chooses")} />
          <FormGroup label={t("Leaves by interface")} fieldId="rule-interface"><TextInput id="rule-interface" value={fields.egressInterface} placeholder={t("as Linux chooses")} onChange={(_, value) => put("egressInterface")(value)} /></FormGroup>
        </FormFieldGroup>
        <ExpandableSection toggleText={t("As text")} isIndented><CodeBlock><CodeBlockCode>{textOf(entry)}</CodeBlockCode></CodeBlock></ExpandableSection>
        {sets.length > 0 && <p className="quiet wrap">{t("Sets: {names}", { names: sets.map((set) => `@${set}`).join(", ") })}</p>}
        {tried && Object.keys(faults).length > 0 && <Alert isInline isPlain variant="danger" title={t("Not saved: look at the fields that are marked.")} />}
        <ActionGroup>
          <Button type="submit" isLoading={deed.busy} isDisabled={deed.busy || !may}>{t("Save")}</Button>
          <Button variant="link" onClick={close}>{t("Cancel")}</Button>
          {rule && <Button variant="link" component="a" href={to(["logs", "log"], { filter: `rule=${/\s/.test(rule.name) ? JSON.stringify(rule.name) : rule.name}` })}>{t("Its log lines")}</Button>}
        </ActionGroup>
      </Form>
    </section>
  );
}
