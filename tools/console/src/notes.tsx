// How the console says that something went wrong, is empty, or is not there.
import type { ReactNode } from "react";
import { Alert, Button, EmptyState, EmptyStateActions, EmptyStateBody, EmptyStateFooter, Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import type { Fault, Problem } from "./api";
import { t } from "./words";

export function faultText(fault: Fault) {
  const place = fault.file ? `${fault.file}:${fault.line ?? ""}${fault.column ? `:${fault.column}` : ""}: ` : "";
  const wish = fault.expected ? t("expected {expected}, found {found}", { expected: fault.expected, found: fault.found ?? "–" }) : fault.found ?? "";
  return place + wish + (fault.hint ? `; ${fault.hint}` : "");
}

export function ProblemNote({ problem, title, retry }: { problem: Problem; title?: string; retry?: () => void }) {
  const heading = title ?? (problem.status === 0 ? t("The gateway does not answer") : problem.status === 403 ? t("Your role does not allow this") : t("That did not work"));
  return (
    <Alert isInline isLiveRegion variant={problem.status === 0 ? "warning" : "danger"} title={heading}
      actionLinks={retry && <Button variant="link" isInline onClick={retry}>{t("Try again")}</Button>}>
      <p className="wrap">{problem.detail}</p>
      {problem.faults.length > 0 && <ul className="faults">{problem.faults.map((fault, index) => <li key={index}>{faultText(fault)}</li>)}</ul>}
    </Alert>
  );
}

// A resource that this gateway does not have is told, not treated as a mishap.
export function ScreenProblem({ problem, what, retry }: { problem: Problem; what: string; retry?: () => void }) {
  if (problem.status === 404 || problem.status === 405 || problem.status === 501) {
    return <Nothing title={t("{what}: not in this gateway", { what })}>{t("This version of the gateway has no such resource.")}</Nothing>;
  }
  if (problem.status === 503) return <Nothing title={t("{what}: not available", { what })}>{problem.detail}</Nothing>;
  return <ProblemNote problem={problem} retry={retry} />;
}

export function Nothing({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <EmptyState titleText={title} headingLevel="h2" variant="sm">
      {children && <EmptyStateBody>{children}</EmptyStateBody>}
      {action && <EmptyStateFooter><EmptyStateActions>{action}</EmptyStateActions></EmptyStateFooter>}
    </EmptyState>
  );
}

export function Loading({ busy }: { busy: boolean }) {
  return busy ? <p className="quiet late" role="status">{t("Asking the gateway…")}</p> : null;
}

export interface ReallyProps {
  title: string;
  text: ReactNode;
  act: string;
  danger?: boolean;
  busy?: boolean;
  disabled?: boolean;
  problem?: Problem;
  children?: ReactNode;
  done: () => void;
  close: () => void;
}

// Asks before what cannot be taken back.
export function Really({ title, text, act, danger, busy, disabled, problem, children, done, close }: ReallyProps) {
  return (
    <Modal variant="small" isOpen onClose={close} aria-label={title}>
      <ModalHeader title={title} titleIconVariant={danger ? "warning" : undefined} />
      <ModalBody>
        <div className="stack">
          {text && <div className="wrap">{text}</div>}
          {children}
          {problem && <ProblemNote problem={problem} />}
        </div>
      </ModalBody>
      <ModalFooter>
        <Button variant={danger ? "danger" : "primary"} onClick={done} isLoading={busy} isDisabled={busy || disabled}>{act}</Button>
        <Button variant="link" onClick={close}>{t("Cancel")}</Button>
      </ModalFooter>
    </Modal>
  );
}
