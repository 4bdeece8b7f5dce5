// A table of which only the rows in sight exist, so that a hundred thousand are as quick as ten. The arrow keys
// go from row to row, Enter opens one.
import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactNode } from "react";

export interface Column<T> {
  key: string;
  title: string;
  width: string;            // of a CSS grid: "7rem", "minmax(8rem, 2fr)"
  cell: (row: T) => ReactNode;
  right?: boolean;
  sort?: boolean;
}

interface VirtualRowsProps<T> {
  label: string;
  columns: Column<T>[];
  rows: T[];
  id: (row: T) => string;
  open: (row: T) => void;
  sorted?: { key: string; down: boolean };
  sort?: (key: string) => void;
  empty?: ReactNode;
}

const HEIGHT = 32;
const OVERSCAN = 12;

export function VirtualRows<T>({ label, columns, rows, id, open, sorted, sort, empty }: VirtualRowsProps<T>) {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  const [at, setAt] = useState(0);
  const follow = useRef(false);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const watch = new ResizeObserver(() => setHeight(element.clientHeight));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  const focused = Math.min(at, Math.max(0, rows.length - 1));
  useEffect(() => {
    const element = box.current;
    if (!follow.current || !element) return;
    follow.current = false;
    const row = focused * HEIGHT;
    if (row < element.scrollTop) element.scrollTop = row;
    else if (row + 2 * HEIGHT > element.scrollTop + element.clientHeight) element.scrollTop = row + 2 * HEIGHT - element.clientHeight;
    element.querySelector<HTMLElement>(`[data-row="${focused}"]`)?.focus({ preventScroll: true });
  });
  const move = (event: KeyboardEvent, to: number) => {
    event.preventDefault();
    follow.current = true;
    setAt(Math.max(0, Math.min(rows.length - 1, to)));
  };
  const press = (event: KeyboardEvent) => {
    if ((event.target as HTMLElement).closest("button, a")) return;
    const page = Math.max(1, Math.floor(height / HEIGHT) - 2);
    if (event.key === "ArrowDown") move(event, focused + 1);
    else if (event.key === "ArrowUp") move(event, focused - 1);
    else if (event.key === "PageDown") move(event, focused + page);
    else if (event.key === "PageUp") move(event, focused - page);
    else if (event.key === "Home") move(event, 0);
    else if (event.key === "End") move(event, rows.length - 1);
    else if (event.key === "Enter" && rows[focused]) open(rows[focused]);
  };
  const first = Math.max(0, Math.floor(top / HEIGHT) - OVERSCAN);
  const last = Math.min(rows.length, Math.ceil((top + height) / HEIGHT) + OVERSCAN);
  const grid = useRef<HTMLDivElement>(null);
  const template = columns.map(({ width }) => width).join(" ");
  useLayoutEffect(() => { grid.current?.style.setProperty("--columns", template); }, [template]);
  return (
    <div className="virtual" ref={box} onScroll={(event) => setTop(event.currentTarget.scrollTop)} onKeyDown={press}>
      <div role="grid" aria-label={label} aria-rowcount={rows.length + 1} className="virtual-grid" ref={grid}>
        <div role="rowgroup" className="virtual-head">
          <div role="row" aria-rowindex={1} className="virtual-row">
            {columns.map(({ key, title, right, sort: may }) => (
              <div key={key} role="columnheader" className={right ? "right" : undefined} aria-sort={sorted?.key === key ? (sorted.down ? "descending" : "ascending") : undefined}>
                {may && sort ? <button type="button" onClick={() => sort(key)}>{title}{sorted?.key === key ? (sorted.down ? " ↓" : " ↑") : ""}</button> : title}
              </div>
            ))}
          </div>
        </div>
        <div role="rowgroup" className="virtual-body" ref={(element) => { if (element) element.style.height = `${rows.length * HEIGHT}px`; }}>
          {rows.slice(first, last).map((row, index) => (
            <div key={id(row)} role="row" aria-rowindex={first + index + 2} data-row={first + index} tabIndex={first + index === focused ? 0 : -1} className="virtual-row virtual-line"
              ref={(element) => { if (element) element.style.transform = `translateY(${(first + index) * HEIGHT}px)`; }}
              onClick={() => { setAt(first + index); open(row); }} onFocus={() => setAt(first + index)}>
              {columns.map(({ key, cell, right }) => <div key={key} role="gridcell" className={right ? "right" : undefined}>{cell(row)}</div>)}
            </div>
          ))}
        </div>
      </div>
      {rows.length === 0 && empty}
    </div>
  );
}
