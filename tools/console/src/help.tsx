// The manual's pages, as they were when this console was made.
import { useEffect, useRef } from "react";
import { Content, Nav, NavItem, NavList } from "@patternfly/react-core";
import pages from "manual";
import { to, type Place } from "./route";
import { t } from "./words";

export function Help({ place }: { place: Place }) {
  const [, name = pages[0].name, anchor] = place.parts;
  const page = pages.find((each) => each.name === name) ?? pages[0];
  const text = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const at = anchor ? document.getElementById(`help-${anchor}`) : undefined;
    (at ?? text.current)?.scrollIntoView();
  }, [page, anchor]);
  return (
    <div className="tree-and-pane">
      <Nav aria-label={t("Help")} className="tree">
        <NavList>{pages.map((each) => <NavItem key={each.name} isActive={each === page} to={to(["help", each.name])}>{each.title}</NavItem>)}</NavList>
      </Nav>
      {/* Made of our own documents when the console was built: nothing of it comes from outside. */}
      <Content className="pane manual"><div ref={text} lang="en" dangerouslySetInnerHTML={{ __html: page.html }} /></Content>
    </div>
  );
}
