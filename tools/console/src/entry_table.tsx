// A list of entries of the configuration, and what a form of theirs has in common: its buttons, its refusals.
import type { ReactNode } from "react";
import { Button, Form, Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import type { Asked } from "./ask";
import { useDeed } from "./ask";
import { Loading, Nothing, ProblemNote, ScreenProblem } from "./notes";
import { t } from "./words";

export interface Shown<T> { title: string; cell: (row: T) => ReactNode; number?: boolean }

interface RowsProps<T> { label: string; rows: T[]; id: (row: T, index: number) => string; columns: Shown<T>[]; actions?: (row: T) => ReactNode }

export function Rows<T>({ label, rows, id, columns, actions }: RowsProps<T>) {
  return (
    <Table variant="compact" aria-label={label} gridBreakPoint="grid-md">
      <Thead><Tr>{columns.map(({ title, number }) => <Th key={title} className={number ? "number" : undefined}>{title}</Th>)}{actions && <Th screenReaderText={t("Actions")} />}</Tr></Thead>
      <Tbody>
        {rows.map((row, index) => (
          <Tr key={id(row, index)}>
            {columns.map(({ title, cell, number }) => <Td key={title} dataLabel={title} modifier="breakWord" className={number ? "number" : undefined}>{cell(row)}</Td>)}
            {actions && <Td isActionCell className="row-actions">{actions(row)}</Td>}
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

interface ListedProps<T, A> extends RowsProps<T> { asked: Asked<A>; empty: string; hint?: ReactNode; add?: ReactNode }

export function Listed<T, A>({ asked, empty, hint, add, ...rows }: ListedProps<T, A>) {
  if (asked.problem && !asked.answer) return <ScreenProblem problem={asked.problem} what={rows.label} retry={asked.again} />;
  if (!asked.answer) return <Loading busy={asked.busy} />;
  if (!rows.rows.length) return <Nothing title={empty} action={add}>{hint}</Nothing>;
  return <Rows {...rows} />;
}

interface EntryModalProps { title: string; save: () => Promise<void>; close: () => void; ready: boolean; children: ReactNode; act?: string }

export function EntryModal({ title, save, close, ready, children, act }: EntryModalProps) {
  const deed = useDeed(async () => {
    await save();
    close();
  });
  return (
    <Modal variant="medium" isOpen onClose={close} aria-label={title}>
      <ModalHeader title={title} />
      <ModalBody>
        <Form id="entry-form" onSubmit={(event) => { event.preventDefault(); if (ready) void deed.run(); }}>
          {children}
          {deed.problem && <ProblemNote problem={deed.problem} />}
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form="entry-form" isLoading={deed.busy} isDisabled={deed.busy || !ready}>{act ?? t("Save")}</Button>
        <Button variant="link" onClick={close}>{t("Cancel")}</Button>
      </ModalFooter>
    </Modal>
  );
}
