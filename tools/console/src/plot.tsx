// Lines over time, drawn as SVG by hand: small ones beside a number, large ones with axes and a table of the same.
import { useId, useState, type MouseEvent } from "react";
import { Button } from "@patternfly/react-core";
import { clock } from "./format";
import { niceMost } from "./plot_scale";
import { t } from "./words";

export interface Line { name: string; values: number[]; tone?: 1 | 2 }

function pathOf(values: number[], most: number, width: number, height: number) {
  const step = values.length > 1 ? width / (values.length - 1) : width;
  return values.map((value, index) => `${index ? "L" : "M"}${(index * step).toFixed(1)} ${(height - (value / most) * height).toFixed(1)}`).join("");
}

export function Spark({ values, label }: { values: number[]; label: string }) {
  const most = Math.max(...values, 1e-9);
  const width = 200, height = 36;
  const line = pathOf(values, most * 1.05, width, height);
  return (
    <svg className="spark" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={label}>
      {values.length > 1 && <><path className="area" d={`${line}L${width} ${height}L0 ${height}Z`} /><path className="line" d={line} /></>}
    </svg>
  );
}

export interface PlotProps {
  times: string[];
  lines: Line[];
  format: (value: number) => string;
  label: string;
  bars?: boolean;
  select?: (from: string, to: string) => void;  // a stretch that was dragged over
}

export function Plot({ times, lines, format, label, bars, select }: PlotProps) {
  const id = useId();
  const [table, setTable] = useState(false);
  const [drag, setDrag] = useState<[number, number]>();
  const width = 900, height = bars ? 90 : 220, left = 78, bottom = 22;
  const most = niceMost(Math.max(0, ...lines.flatMap((line) => line.values)));
  const inner = width - left - 8;
  const place = (event: MouseEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const share = ((event.clientX - box.left) / box.width * width - left) / inner;
    return Math.max(0, Math.min(times.length - 1, Math.floor(share * times.length)));
  };
  const end = () => {
    if (drag && select && times.length) {
      const [from, to] = drag[0] <= drag[1] ? drag : [drag[1], drag[0]];
      const step = times.length > 1 ? Date.parse(times[1]) - Date.parse(times[0]) : 60000;
      select(times[from], new Date(Date.parse(times[to]) + step).toISOString());
    }
    setDrag(undefined);
  };
  const at = (index: number) => left + (inner * index) / Math.max(1, times.length - (bars ? 0 : 1));
  const marks = [...new Set([0, 0.25, 0.5, 0.75, 1].map((share) => Math.round(share * (times.length - 1))))];
  return (
    <figure className="plot">
      <figcaption className="plot-head">
        <span id={id}>{label}</span>
        {lines.length > 1 && lines.map((line) => <span key={line.name} className={`legend tone-${line.tone ?? 1}`}>{line.name}</span>)}
        <Button variant="link" isInline onClick={() => setTable(!table)}>{table ? t("As a plot") : t("As a table")}</Button>
      </figcaption>
      {table ? (
        <div className="plot-table" tabIndex={0} role="region" aria-labelledby={id}>
          <table><thead><tr><th scope="col">{t("Time")}</th>{lines.map((line) => <th scope="col" key={line.name}>{line.name}</th>)}</tr></thead>
            <tbody>{times.map((time, index) => <tr key={index}><th scope="row">{clock(time)}</th>{lines.map((line) => <td key={line.name}>{format(line.values[index] ?? 0)}</td>)}</tr>)}</tbody></table>
        </div>
      ) : (
        <svg viewBox={`0 0 ${width} ${height + bottom}`} role="img" aria-labelledby={id} className={select ? "selectable" : undefined}
          onMouseDown={select && ((event) => setDrag([place(event), place(event)]))} onMouseMove={drag && ((event) => setDrag([drag[0], place(event)]))} onMouseUp={end} onMouseLeave={() => setDrag(undefined)}>
          {[0, 0.5, 1].map((share) => (
            <g key={share}><line className="grid" x1={left} x2={width - 8} y1={height - share * (height - 8)} y2={height - share * (height - 8)} />
              <text x={left - 6} y={height - share * (height - 8) + 4} textAnchor="end">{format(most * share)}</text></g>
          ))}
          {drag && <rect className="drag" x={at(Math.min(...drag))} width={Math.abs(at(drag[1]) - at(drag[0])) + inner / Math.max(1, times.length)} y={0} height={height} />}
          {bars
            ? lines[0]?.values.map((value, index) => <rect key={index} className="bar tone-1" x={at(index) + 0.5} width={Math.max(1, inner / times.length - 1)} y={height - (value / most) * (height - 8)} height={(value / most) * (height - 8)} />)
            : lines.map((line) => <path key={line.name} className={`line tone-${line.tone ?? 1}`} transform={`translate(${left} 8)`} d={pathOf(line.values, most, inner, height - 8)} />)}
          {marks.filter((index) => index >= 0 && times[index]).map((index) => (
            <text key={index} x={at(index)} y={height + 16} textAnchor={index === 0 ? "start" : index === times.length - 1 ? "end" : "middle"}>{clock(times[index])}</text>
          ))}
        </svg>
      )}
    </figure>
  );
}
