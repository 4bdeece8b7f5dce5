import { useState } from "react";
import {
  ActionGroup, Alert, Button, Card, CardBody, CardTitle, ClipboardCopy, Content, Form, FormGroup, Modal, ModalBody, ModalHeader, TextInput, Title,
} from "@patternfly/react-core";
import { post, type Me, type Problem } from "./api";
import { useDeed } from "./ask";
import { ProblemNote } from "./notes";
import { t } from "./words";

function PasswordForm({ entered, name: first = "" }: { entered: (me: Me) => void; name?: string }) {
  const [name, setName] = useState(first);
  const [password, setPassword] = useState("");
  const { run, busy, problem } = useDeed(async () => entered(await post<Me>("sign-in", { name, password })));
  return (
    <Form onSubmit={(event) => { event.preventDefault(); void run(); }}>
      {problem && <ProblemNote problem={problem} title={t("Not signed in")} />}
      <FormGroup label={t("Name")} fieldId="sign-in-name">
        <TextInput id="sign-in-name" value={name} onChange={(_, value) => setName(value)} autoComplete="username" isRequired />
      </FormGroup>
      <FormGroup label={t("Password")} fieldId="sign-in-password">
        <TextInput id="sign-in-password" type="password" value={password} onChange={(_, value) => setPassword(value)} autoComplete="current-password" isRequired />
      </FormGroup>
      <ActionGroup>
        <Button type="submit" isLoading={busy} isDisabled={busy || !name || !password}>{t("Sign in")}</Button>
      </ActionGroup>
    </Form>
  );
}

function LinkHint() {
  return (
    <Content component="p">
      {t("Without an account: on the gateway, as root or a member of sluice-admin, run this and open the link that it prints.")}
      <ClipboardCopy isReadOnly hoverTip={t("Copy")} clickTip={t("Copied")} textAriaLabel={t("Command")} className="sign-in-command">sluicectl console</ClipboardCopy>
    </Content>
  );
}

export function SignIn({ entered, problem, again }: { entered: (me: Me) => void; problem?: Problem; again?: string }) {
  if (again !== undefined) {
    return (
      <Modal variant="small" isOpen aria-label={t("Sign in again")}>
        <ModalHeader title={t("Sign in again")} description={t("The sign-in is over. What you have typed is still there.")} />
        <ModalBody><PasswordForm entered={entered} name={again} /><LinkHint /></ModalBody>
      </Modal>
    );
  }
  return (
    <main className="sign-in">
      <Card className="sign-in-card">
        <CardTitle><Title headingLevel="h1" size="2xl">{t("Sign in to Sluice")}</Title></CardTitle>
        <CardBody>
          {problem && (
            <Alert isInline variant={problem.status === 0 ? "warning" : "danger"} title={problem.status === 401 ? t("This link is used up, or older than five minutes") : t("Not signed in")}>
              {problem.status === 401 ? t("Ask for another one.") : problem.detail}
            </Alert>
          )}
          <PasswordForm entered={entered} />
          <LinkHint />
        </CardBody>
      </Card>
    </main>
  );
}
