// A lock: who or what is refused above all rules, until when, and why.
import { useState } from "react";
import { Form, FormGroup, FormSelect, FormSelectOption, TextInput } from "@patternfly/react-core";
import { post } from "./api";
import { useDeed } from "./ask";
import { count } from "./format";
import { Really } from "./notes";
import type { Lock } from "./shapes";
import { t } from "./words";

type What = "user" | "client" | "destination";

export function LockForm({ first, close }: { first?: Partial<Record<What, string>>; close: () => void }) {
  const begin = (Object.keys(first ?? {})[0] as What | undefined) ?? "client";
  const [what, setWhat] = useState<What>(begin);
  const [value, setValue] = useState(first?.[begin] ?? "");
  const [hours, setHours] = useState("1");
  const [reason, setReason] = useState("");
  const [made, setMade] = useState<Lock>();
  const deed = useDeed(async () => {
    const expires = hours === "" ? undefined : new Date(Date.now() + Number(hours) * 3600000).toISOString().replace(/\.\d+Z$/, "Z");
    setMade(await post<Lock>("locks", { [what]: value, reason, ...(expires ? { expires } : {}) }));
  });
  if (made) return <Really title={t("Locked")} text={t("{n} sessions ended; new ones are refused.", { n: count(made.ended) })} act={t("Close")} done={close} close={close} />;
  return (
    <Really title={t("Lock")} danger act={t("Lock")} text={t("Its sessions end now, and new ones are refused above all rules until the lock expires.")} busy={deed.busy} disabled={!value || !reason} problem={deed.problem}
      done={() => void deed.run()} close={close}>
      <Form>
        <FormGroup label={t("What")} fieldId="lock-what">
          <FormSelect id="lock-what" value={what} onChange={(_, chosen) => setWhat(chosen as What)}>
            <FormSelectOption value="client" label={t("Client")} /><FormSelectOption value="user" label={t("User")} /><FormSelectOption value="destination" label={t("Destination")} />
          </FormSelect>
        </FormGroup>
        <FormGroup label={what === "client" ? t("Address or network") : what === "user" ? t("User") : t("Destination")} fieldId="lock-value" isRequired>
          <TextInput id="lock-value" value={value} onChange={(_, text) => setValue(text)} />
        </FormGroup>
        <FormGroup label={t("For")} fieldId="lock-hours">
          <FormSelect id="lock-hours" value={hours} onChange={(_, chosen) => setHours(chosen)}>
            <FormSelectOption value="1" label={t("1 hour")} /><FormSelectOption value="8" label={t("8 hours")} /><FormSelectOption value="24" label={t("1 day")} />
            <FormSelectOption value="168" label={t("1 week")} /><FormSelectOption value="" label={t("until somebody lifts it")} />
          </FormSelect>
        </FormGroup>
        <FormGroup label={t("Reason")} fieldId="lock-reason" isRequired><TextInput id="lock-reason" value={reason} onChange={(_, text) => setReason(text)} /></FormGroup>
      </Form>
    </Really>
  );
}
