// What the rules say of a request, and why: of each rule the first condition that failed, and what would change it.
import { useEffect, useState } from "react";
import { Alert, Button, Form, FormGroup, FormSelect, FormSelectOption, Label, TextInput, Title } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { call } from "./api";
import { useAnswer, useDeed } from "./ask";
import { edit, useDrafts } from "./drafts";
import { ProblemNote } from "./notes";
import { amend, to, type Place } from "./route";
import type { Explained, LoggedRequest, Session } from "./shapes";
import { useMay } from "./who";
import { t } from "./words";

const COMMANDS = ["connect", "bind", "udp_associate"];
interface Question { client: string; user: string; command: string; destination: string; port: string; addresses: string }

function questionOf(query: URLSearchParams): Question {
  const read = (key: string, or = "") => query.get(key) ?? or;
  return { client: read("client"), user: read("user"), command: read("command", "connect"), destination: read("destination"), port: read("port", "443"), addresses: read("addresses") };
}

function bodyOf(question: Question) {
  const addresses = question.addresses.split(/[\s,]+/).filter(Boolean);
  return {
    client: question.client, ...(question.user ? { user: question.user } : {}), command: question.command, destination: question.destination, port: Number(question.port) || 0,
    ...(addresses.length ? { addresses } : {}),
  };
}

export function Verdict({ verdict }: { verdict: string }) {
  const tone = verdict === "allow" ? "green" : verdict === "deny" ? "red" : "yellow";
  return <Label color={tone} isCompact>{verdict === "allow" ? t("allow") : verdict === "deny" ? t("deny") : verdict === "resolve" ? t("depends on its address") : verdict}</Label>;
}

function reasonOf(rule: Explained["rules"][number]) {
  if (!rule.matched) return t("{condition}: wants {wanted}, found {found}", { condition: rule.failed ?? "", wanted: rule.wanted ?? "–", found: rule.found || t("none") });
  return [rule.by && t("matches {entry}", { entry: rule.by }), rule.list && t("of {list}", { list: rule.list }), rule.file && `${rule.file}${rule.line ? `:${rule.line}` : ""}`].filter(Boolean).join(", ") || t("matches");
}

function Answer({ said }: { said: Explained }) {
  const variant = said.verdict === "allow" ? "success" : said.verdict === "deny" ? "danger" : "info";
  const words = said.verdict === "allow" ? t("Allowed by {rule}", { rule: said.rule }) : said.verdict === "deny" ? t("Denied by {rule}", { rule: said.rule }) : t("Allowed by name by {rule}; its addresses are asked too", { rule: said.rule });
  return (
    <div className="stack">
      <Alert isInline isLiveRegion variant={variant} title={words} component="h2">
        {said.special_use && <p>{t("The destination is a special-use address, which rules must name.")}</p>}
        {said.addresses.map((step) => <p key={step.address}>{step.address}: <Verdict verdict={step.verdict} /> {step.rule}</p>)}
        {said.would_change.map((change, index) => <p key={index} className="wrap">{t("If {change}:", { change: change.if })} <Verdict verdict={change.verdict} /> {change.rule}</p>)}
      </Alert>
      <Table variant="compact" aria-label={t("Rules in their order")} gridBreakPoint="grid-md">
        <Thead><Tr><Th>#</Th><Th>{t("Rule")}</Th><Th>{t("Says")}</Th><Th>{t("Matched")}</Th><Th>{t("Why")}</Th></Tr></Thead>
        <Tbody>
          {said.rules.map((rule) => (
            <Tr key={rule.number} className={rule.matched && rule.reached ? "decided" : rule.reached ? undefined : "not-reached"}>
              <Td dataLabel="#">{rule.number}</Td>
              <Td dataLabel={t("Rule")} modifier="breakWord"><a href={to(["policies", "condition-elements", "socks-request", rule.rule])}>{rule.rule}</a></Td>
              <Td dataLabel={t("Says")}><Verdict verdict={rule.verdict} /></Td>
              <Td dataLabel={t("Matched")}>{rule.matched ? (rule.reached ? `✔ ${t("decides")}` : t("would match, not reached")) : `✖ ${t("no")}`}</Td>
              <Td dataLabel={t("Why")} modifier="breakWord">{reasonOf(rule)}</Td>
            </Tr>
          ))}
        </Tbody>
      </Table>
    </div>
  );
}

function TestMaker({ question, said }: { question: Question; said: Explained }) {
  const [name, setName] = useState("");
  const [made, setMade] = useState(false);
  const expect = said.verdict === "deny" ? "deny" : "allow";
  const deed = useDeed(async () => {
    const { client, user, command, destination, port, addresses = [] } = bodyOf(question) as ReturnType<typeof bodyOf> & { addresses?: string[]; user?: string };
    await edit("POST", ["tests"], { name, client, ...(user ? { user } : {}), command, destination, port, ...(addresses[0] ? { address: addresses[0] } : {}), expect, rule: said.rule });
    setMade(true);
  });
  if (made) return <Alert isInline isLiveRegion variant="success" title={t("The test is in the draft")} actionLinks={<a href={to(["policies", "review"])}>{t("Review and apply")}</a>} />;
  return (
    <form className="inline-form" onSubmit={(event) => { event.preventDefault(); void deed.run(); }}>
      <TextInput aria-label={t("Name of the test")} placeholder={t("Name of the test")} value={name} onChange={(_, value) => setName(value)} />
      <Button type="submit" variant="secondary" isDisabled={!name || deed.busy}>{t("Make this a test")}</Button>
      {deed.problem && <ProblemNote problem={deed.problem} />}
    </form>
  );
}

export function ExplainScreen({ place }: { place: Place }) {
  const [question, setQuestion] = useState(() => questionOf(place.query));
  const [of, setOf] = useState("");
  const [said, setSaid] = useState<{ question: Question; answer: Explained }>();
  const { all } = useDrafts();
  const may = useMay("operator");
  const fromSession = place.query.get("session");
  const session = useAnswer<Session | LoggedRequest>(fromSession ? `sessions/${encodeURIComponent(fromSession)}` : undefined);
  const deed = useDeed(async (asked: Question) => {
    const { body } = await call<Explained>("POST", "explain", { json: bodyOf(asked), query: { draft: of || undefined } });
    setSaid({ question: asked, answer: body });
  });
  useEffect(() => {
    const next = questionOf(place.query);
    setQuestion(next);
    if (next.client && next.destination) void deed.run(next);
  }, [place.text]);
  useEffect(() => {
    if (session.answer) amend(["policies", "explain"], { client: session.answer.client.replace(/:\d+$/, ""), user: session.answer.user ?? undefined, command: session.answer.command, destination: session.answer.destination, port: String(session.answer.port ?? "") });
  }, [session.answer]);
  const set = (key: keyof Question) => (_: unknown, value: string) => setQuestion((now) => ({ ...now, [key]: value }));
  const ask = () => {
    const where = { ...question };
    if (to(["policies", "explain"], where) === location.hash) void deed.run(question);
    else amend(["policies", "explain"], where);
  };
  return (
    <div className="stack">
      <div className="screen-head"><Title headingLevel="h1">{t("Explain")}</Title><span className="quiet">{t("What the rules say of a request, and why")}</span></div>
      <Form className="question" onSubmit={(event) => { event.preventDefault(); ask(); }}>
        <FormGroup label={t("Client")} fieldId="explain-client" isRequired><TextInput id="explain-client" value={question.client} onChange={set("client")} placeholder="10.1.7.20" /></FormGroup>
        <FormGroup label={t("User")} fieldId="explain-user"><TextInput id="explain-user" value={question.user} onChange={set("user")} placeholder={t("nobody")} /></FormGroup>
        <FormGroup label={t("Command")} fieldId="explain-command">
          <FormSelect id="explain-command" value={question.command} onChange={set("command")}>{COMMANDS.map((word) => <FormSelectOption key={word} value={word} label={word} />)}</FormSelect>
        </FormGroup>
        <FormGroup label={t("Destination")} fieldId="explain-destination" isRequired><TextInput id="explain-destination" value={question.destination} onChange={set("destination")} placeholder="www.example.com" /></FormGroup>
        <FormGroup label={t("Port")} fieldId="explain-port"><TextInput id="explain-port" type="number" value={question.port} onChange={set("port")} /></FormGroup>
        <FormGroup label={t("Its addresses")} fieldId="explain-addresses"><TextInput id="explain-addresses" value={question.addresses} onChange={set("addresses")} placeholder={t("where the name leads")} /></FormGroup>
        <FormGroup label={t("As of")} fieldId="explain-of">
          <FormSelect id="explain-of" value={of} onChange={(_, value) => setOf(value)}>
            <FormSelectOption value="" label={t("what is in force")} />{all.map((draft) => <FormSelectOption key={draft.id} value={draft.id} label={t("draft {name}", { name: draft.name || draft.id })} />)}
          </FormSelect>
        </FormGroup>
        <Button type="submit" isLoading={deed.busy} isDisabled={!question.client}>{t("Explain")}</Button>
      </Form>
      {deed.problem && <ProblemNote problem={deed.problem} />}
      {said && <Answer said={said.answer} />}
      {said && may && <TestMaker key={JSON.stringify(said.question)} question={said.question} said={said.answer} />}
    </div>
  );
}
