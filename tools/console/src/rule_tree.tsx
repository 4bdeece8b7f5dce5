// The rules as a tree, with what the right mouse button, the menu key and a button do: Add Component.
import { useEffect, useRef, useState } from "react";
import { Button, Menu, MenuContent, MenuItem, MenuList, TreeView, type TreeViewDataItem } from "@patternfly/react-core";
import { useDeed } from "./ask";
import { ProblemNote } from "./notes";
import { removeRule, switchRule } from "./rule_edits";
import type { RuleEntry } from "./shapes";
import { useMay } from "./who";
import { t } from "./words";

interface RuleTreeProps {
  rules: RuleEntry[];
  active?: string;
  readOnly: boolean;
  open: (name: string) => void;
  add: (before?: string) => void;
  all: () => void;
  changed: () => void;
}

export function RuleTree({ rules, active, readOnly, open, add, all, changed }: RuleTreeProps) {
  const may = useMay("operator") && !readOnly;
  const [menu, setMenu] = useState<{ x: number; y: number; rule?: RuleEntry }>();
  const place = useRef<HTMLDivElement>(null);
  const deed = useDeed(async (act: () => Promise<unknown>) => {
    await act();
    changed();
  });
  useEffect(() => {
    if (!menu) return undefined;
    place.current?.style.setProperty("left", `${Math.min(menu.x, innerWidth - 220)}px`);
    place.current?.style.setProperty("top", `${Math.min(menu.y, innerHeight - 200)}px`);
    place.current?.querySelector<HTMLElement>("button")?.focus();
    const close = (event: Event) => {
      if (event instanceof KeyboardEvent && event.key !== "Escape") return;
      if (event instanceof MouseEvent && place.current?.contains(event.target as Node)) return;
      setMenu(undefined);
    };
    addEventListener("mousedown", close);
    addEventListener("keydown", close);
    return () => {
      removeEventListener("mousedown", close);
      removeEventListener("keydown", close);
    };
  }, [menu]);
  const item = (rule: RuleEntry): TreeViewDataItem => ({
    id: `rule:${rule.name}`,
    name: <span className={`leaf ${rule.enabled === false ? "off" : rule.verdict === "allow" ? "allows" : "denies"}`}>{rule.name}</span>,
  });
  const tree: TreeViewDataItem[] = [{ id: "root", name: t("SOCKS Requests"), defaultExpanded: true, children: rules.map(item) }];
  const act = (what: () => void) => () => {
    setMenu(undefined);
    what();
  };
  const chosen = menu?.rule;
  return (
    <nav className="tree" aria-label={t("Socks Request")} onContextMenu={(event) => {
      const node = (event.target as HTMLElement).closest<HTMLElement>("[role=treeitem]");
      if (!node || !may) return;
      event.preventDefault();
      const box = (event.target as HTMLElement).getBoundingClientRect();
      setMenu({ x: event.clientX || box.left + 20, y: event.clientY || box.bottom, rule: rules.find((rule) => `rule:${rule.name}` === node.id) });
    }}>
      <TreeView data={tree} hasSelectableNodes aria-label={t("SOCKS Requests")} activeItems={active ? [{ id: `rule:${active}`, name: active }] : [tree[0]]}
        onSelect={(_, picked) => (picked.id === "root" ? all() : open(String(picked.id).slice(5)))} />
      {may && <Button variant="secondary" size="sm" onClick={() => add()} className="tree-add">{t("Add Component")}</Button>}
      {deed.problem && <ProblemNote problem={deed.problem} />}
      {menu && (
        <div className="context-menu" ref={place}>
          <Menu aria-label={chosen ? chosen.name : t("SOCKS Requests")}>
            <MenuContent><MenuList>
              <MenuItem onClick={act(() => add(chosen?.name))}>{chosen ? t("Add Component above") : t("Add Component")}</MenuItem>
              {chosen && <MenuItem onClick={act(() => open(chosen.name))}>{t("Edit")}</MenuItem>}
              {chosen && <MenuItem onClick={act(() => void deed.run(() => switchRule(chosen)))}>{chosen.enabled === false ? t("Switch on") : t("Switch off")}</MenuItem>}
              {chosen && <MenuItem isDanger onClick={act(() => void deed.run(() => removeRule(chosen.name)))}>{t("Remove")}</MenuItem>}
            </MenuList></MenuContent>
          </Menu>
        </div>
      )}
    </nav>
  );
}
