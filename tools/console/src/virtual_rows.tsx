// A table of which only the rows in sight exist, so that a hundred thousand are as quick as ten. The arrow keys
// go from row to row, Enter opens one.
import { memo, useCallback, useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactNode } from "react";

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
const HEIGHT_MOST = 4000;  // of a screen; rows beyond would only cost

interface LineProps<T> { row: T; index: number; columns: Column<T>[]; focused: boolean; pick: (row: T, index: number) => void; focus: (index: number) => void }

// Rendered again only where something of it has changed: while one scrolls, those that come into sight.
const Line = memo(function Line<T>({ row, index, columns, focused, pick, focus }: LineProps<T>) {
  const line = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => { line.current!.style.transform = `translateY(${index * HEIGHT}px)`; }, [index]);
  return (
    <div ref={line} role="row" aria-rowindex={index + 2} data-row={index} tabIndex={focused ? 0 : -1} className="virtual-row virtual-line" onClick={() => pick(row, index)} onFocus={() => focus(index)}>
      {columns.map(({ key, cell, right }) => <div key={key} role="gridcell" className={right ? "right" : undefined}>{cell(row)}</div>)}
    </div>
  );
}) as <T>(props: LineProps<T>) => ReactNode;

export function VirtualRows<T>({ label, columns, rows, id, open, sorted, sort, empty }: VirtualRowsProps<T>) {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  const [at, setAt] = useState(0);
  const follow = useRef(false);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const watch = new ResizeObserver(() => setHeight(Math.min(element.clientHeight, HEIGHT_MOST)));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  const focused = Math.min(at, Math.max(0, rows.length - 1));
  useEffect(() => {
    const element = box.current;
    if (!follow.current || !element) return;
    const row = focused * HEIGHT;
    const there = element.querySelector<HTMLElement>(`[data-row="${focused}"]`);
    if (row < element.scrollTop) element.scrollTop = row;
    else if (row + 2 * HEIGHT > element.scrollTop + element.clientHeight) element.scrollTop = row + 2 * HEIGHT - element.clientHeight;
    // Far away it exists only once the box has been scrolled there.
    if (!there) return;
    follow.current = false;
    there.focus({ preventScroll: true });
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
  const latest = useRef(open);
  latest.current = open;
  const pick = useCallback((row: T, index: number) => {
    setAt(index);
    latest.current(row);
  }, []);
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
            <Line key={id(row)} row={row} index={first + index} columns={columns} focused={first + index === focused} pick={pick} focus={setAt} />
          ))}
        </div>
      </div>
      {rows.length === 0 && empty}
    </div>
  );
}
