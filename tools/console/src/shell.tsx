// The frame of every screen: menus, who is signed in, what waits for a confirmation, whether the gateway answers.
import { lazy, Suspense, useEffect, useState } from "react";
import {
  Banner, Button, Dropdown, DropdownItem, DropdownList, Divider, Masthead, MastheadBrand, MastheadContent, MastheadLogo, MastheadMain, MenuToggle, Modal, ModalBody, ModalHeader,
  Nav, NavItem, NavList, Page, PageSection, SkipToContent, Toolbar, ToolbarContent, ToolbarGroup, ToolbarItem,
} from "@patternfly/react-core";
import type { Me } from "./api";
import { Administration } from "./administration";
import { ExplainScreen } from "./explain";
import { useLive } from "./live";
import { Logs } from "./logs";
import { Nothing } from "./notes";
import { Overview } from "./overview";
import { PendingBanner } from "./pending";
import { Policies } from "./policies";
import { Review } from "./review";
import { go, to, usePlace, type Place } from "./route";
import { Sessions } from "./sessions";
import { setTheme, theme } from "./theme";
import { Users } from "./users";
import { setLanguage, t, useLanguage, type Sentence } from "./words";
import { MeProvider } from "./who";

const Help = lazy(() => import("./help").then((module) => ({ default: module.Help })));

const MENUS: { key: string; name: Sentence; letter: string; below?: { key: string; name: Sentence }[] }[] = [
  { key: "overview", name: "Overview", letter: "o" },
  { key: "users", name: "Users", letter: "u", below: [{ key: "users", name: "Users" }, { key: "groups", name: "Groups" }] },
  {
    key: "policies", name: "Policies", letter: "p",
    below: [{ key: "condition-elements", name: "Condition Elements" }, { key: "explain", name: "Explain" }, { key: "review", name: "Review and apply" }],
  },
  { key: "sessions", name: "Sessions", letter: "s" },
  {
    key: "logs", name: "Logs and Reports", letter: "l",
    below: [{ key: "log", name: "Log" }, { key: "top", name: "Top" }, { key: "denied", name: "Denied" }, { key: "failures", name: "Failures" }, { key: "traffic", name: "Traffic" }, { key: "unused", name: "Unused rules" }],
  },
  {
    key: "administration", name: "Administration", letter: "a",
    below: [
      { key: "system", name: "System Settings" }, { key: "revisions", name: "Revisions" }, { key: "audit", name: "Audit" },
      { key: "administrators", name: "Administrators" }, { key: "tokens", name: "Tokens" }, { key: "locks", name: "Locks" },
    ],
  },
  { key: "help", name: "Help", letter: "h" },
];

function Screen({ place }: { place: Place }) {
  const [menu, below] = place.parts;
  switch (menu ?? "overview") {
    case "overview": return <Overview />;
    case "sessions": return <Sessions place={place} />;
    case "policies": return below === "explain" ? <ExplainScreen place={place} /> : below === "review" ? <Review /> : <Policies place={place} />;
    case "users": return <Users place={place} />;
    case "logs": return <Logs place={place} />;
    case "administration": return <Administration place={place} />;
    case "help": return <Suspense fallback={null}><Help place={place} /></Suspense>;
    default: return <Nothing title={t("There is no such page")} action={<Button variant="link" component="a" href="#/">{t("Overview")}</Button>} />;
  }
}

const KEYS: [string, Sentence][] = [
  ["?", "This list"], ["/", "To the filter"], ["g o", "Overview"], ["g u", "Users"], ["g p", "Policies"], ["g s", "Sessions"], ["g l", "Logs and Reports"],
  ["g a", "Administration"], ["g h", "Help"], ["Alt+↑ Alt+↓", "Moves the rule"], ["Enter", "Opens the row"], ["x", "Switches the rule on or off"], ["n", "Adds a rule"],
];

function KeyList({ close }: { close: () => void }) {
  return (
    <Modal variant="small" isOpen onClose={close} aria-label={t("Keys")}>
      <ModalHeader title={t("Keys")} />
      <ModalBody>
        <dl className="keys">{KEYS.map(([keys, what]) => <div key={keys}><dt>{keys.split(" ").map((key) => <kbd key={key}>{key}</kbd>)}</dt><dd>{t(what)}</dd></div>)}</dl>
      </ModalBody>
    </Modal>
  );
}

function useKeys(showList: () => void) {
  useEffect(() => {
    let went = 0;
    const press = (event: KeyboardEvent) => {
      const at = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || at.closest("input, textarea, select, [contenteditable], [role=dialog]")) return;
      if (event.key === "?") showList();
      else if (event.key === "/") {
        const filter = document.querySelector<HTMLElement>("[data-filter] input, input[data-filter]");
        if (!filter) return;
        event.preventDefault();
        filter.focus();
      } else if (event.key === "g") went = event.timeStamp;
      else if (event.timeStamp - went < 1500) {
        went = 0;
        const menu = MENUS.find(({ letter }) => letter === event.key);
        if (menu) go([menu.key]);
      }
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [showList]);
}

function Account({ me, showKeys }: { me: Me; showKeys: () => void }) {
  const [open, setOpen] = useState(false);
  const [dark, setDark] = useState(theme() === "dark");
  const language = useLanguage();
  const turn = () => {
    setTheme(dark ? "light" : "dark", true);
    setDark(!dark);
  };
  return (
    <Dropdown isOpen={open} onOpenChange={setOpen} onSelect={() => setOpen(false)} popperProps={{ position: "right" }}
      toggle={(ref) => <MenuToggle variant="plainText" ref={ref} isExpanded={open} onClick={() => setOpen(!open)} aria-label={`${me.name} ${me.role}, ${t("account and display")}`}><span className="account-name">{me.name}</span> <span className="quiet account-role">{me.role}</span></MenuToggle>}>
      <DropdownList>
        <DropdownItem key="theme" onClick={turn}>{dark ? t("Light") : t("Dark")}</DropdownItem>
        <DropdownItem key="language" onClick={() => setLanguage(language === "de" ? "en" : "de")} lang={language === "de" ? "en" : "de"}>{language === "de" ? "English" : "Deutsch"}</DropdownItem>
        <Divider component="li" key="line" />
        <DropdownItem key="keys" onClick={showKeys}>{t("Keys")} <kbd>?</kbd></DropdownItem>
      </DropdownList>
    </Dropdown>
  );
}

// The menus where there is no room for them side by side.
function SmallMenu({ menus, active, leave }: { menus: typeof MENUS; active?: string; leave: () => void }) {
  const [open, setOpen] = useState(false);
  return (
    <Dropdown isOpen={open} onOpenChange={setOpen} onSelect={() => setOpen(false)}
      toggle={(ref) => <MenuToggle variant="plainText" ref={ref} isExpanded={open} onClick={() => setOpen(!open)}>{t("Menu")}</MenuToggle>}>
      <DropdownList>
        {menus.map(({ key, name }) => <DropdownItem key={key} isSelected={key === active} onClick={() => go([key])}>{t(name)}</DropdownItem>)}
        <DropdownItem key="logout" onClick={leave}>{t("Logout")}</DropdownItem>
      </DropdownList>
    </Dropdown>
  );
}

export function Shell({ me, leave }: { me: Me; leave: () => void }) {
  useLanguage();
  const place = usePlace();
  const { silent } = useLive();
  const [keys, setKeys] = useState(false);
  const [showKeys] = useState(() => () => setKeys(true));
  useKeys(showKeys);
  const menu = MENUS.find(({ key }) => key === (place.parts[0] ?? "overview"));
  const below = place.parts[1] ?? menu?.below?.[0].key;
  const title = menu?.below?.find(({ key }) => key === below)?.name ?? menu?.name ?? "Overview";
  useEffect(() => { document.title = `${t(title)} · Sluice`; });
  const menus = MENUS.filter(({ key }) => me.role !== "auditor" || ["logs", "administration", "help"].includes(key));
  const masthead = (
    <Masthead display={{ default: "inline" }} className="masthead">
      <MastheadMain>
        <MastheadBrand><MastheadLogo href="#/" className="brand">Sluice</MastheadLogo></MastheadBrand>
      </MastheadMain>
      <MastheadContent>
        <Toolbar isFullHeight isStatic>
          <ToolbarContent>
            <ToolbarItem className="main-menu" isOverflowContainer>
              <Nav variant="horizontal" aria-label={t("Menus")}>
                <NavList>
                  {menus.map(({ key, name }) => (
                    <NavItem key={key} itemId={key} isActive={menu?.key === key} to={to([key])}>{t(name)}</NavItem>
                  ))}
                  <NavItem itemId="logout" component="button" onClick={leave}>{t("Logout")}</NavItem>
                </NavList>
              </Nav>
            </ToolbarItem>
            <ToolbarGroup align={{ default: "alignEnd" }}>
              <ToolbarItem className="small-menu"><SmallMenu menus={menus} active={menu?.key} leave={leave} /></ToolbarItem>
              <ToolbarItem><Account me={me} showKeys={showKeys} /></ToolbarItem>
            </ToolbarGroup>
          </ToolbarContent>
        </Toolbar>
      </MastheadContent>
    </Masthead>
  );
  const subnav = menu?.below && (
    <Nav variant="horizontal-subnav" aria-label={t("Pages of {menu}", { menu: t(menu.name) })}>
      <NavList>
        {menu.below.map(({ key, name }) => <NavItem key={key} itemId={key} isActive={below === key} to={to([menu.key, key])}>{t(name)}</NavItem>)}
      </NavList>
    </Nav>
  );
  const banner = (
    <>
      {silent && <Banner status="warning" role="status">{t("The gateway does not answer. What you see is what it said last; it is asked again by itself.")}</Banner>}
      <PendingBanner me={me} />
    </>
  );
  return (
    <MeProvider value={me}>
      <Page masthead={masthead} horizontalSubnav={subnav} mainContainerId="main" skipToContent={<SkipToContent href="#main" onClick={(event) => { event.preventDefault(); document.getElementById("main")?.focus(); }}>{t("Skip to content")}</SkipToContent>} isContentFilled>
        {banner}
        <PageSection isFilled hasBodyWrapper={false} className="screen"><Screen place={place} /></PageSection>
      </Page>
      {keys && <KeyList close={() => setKeys(false)} />}
    </MeProvider>
  );
}
