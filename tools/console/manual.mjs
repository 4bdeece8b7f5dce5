// The manual's pages, docs/*.md, as HTML for the console's Help: a module "manual" that is loaded when
// somebody asks for help. Links between documents become links within Help.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const PAGES = ["ADMIN", "OPERATING", "COOKBOOK", "SLUICECTL", "PROTOCOLS", "ARCHITECTURE"];

const anchor = (title) => title.toLowerCase().replace(/[^\p{L}\p{N}\- ]/gu, "").replace(/ /g, "-");

async function pageOf(folder, name) {
  const { Marked, Renderer } = await import("marked");
  const text = readFileSync(join(folder, `${name}.md`), "utf8");
  const plain = new Renderer();
  const renderer = {
    heading(token) {
      const inner = this.parser.parseInline(token.tokens);
      return `<h${token.depth} id="help-${anchor(token.text.replace(/[`*_]/g, ""))}">${inner}</h${token.depth}>\n`;
    },
    link(token) {
      const inner = this.parser.parseInline(token.tokens);
      const local = /^(?:([A-Z]+)\.md)?(?:#(.*))?$/.exec(token.href);
      if (!local || (local[1] && !PAGES.includes(local[1]))) return inner;
      const page = (local[1] ?? name).toLowerCase();
      return `<a href="#/help/${page}${local[2] ? `/${encodeURIComponent(local[2])}` : ""}">${inner}</a>`;
    },
    image(token) { return token.text; },
    table(token) { return `<div class="manual-table" role="region" tabindex="0" aria-label="${anchor(token.header[0]?.text ?? "table") || "table"}">${plain.table.call(this, token)}</div>`; },
    code(token) { return plain.code.call(this, token).replace("<pre>", '<pre tabindex="0">'); },
    html() { return ""; },
  };
  const html = new Marked({ renderer }).parse(text);
  return { name: name.toLowerCase(), title: /^# (.*)$/m.exec(text)?.[1] ?? name, html };
}

export function manual(here) {
  const folder = join(here, "../../docs");
  return {
    name: "manual",
    setup(build) {
      build.onResolve({ filter: /^manual$/ }, () => ({ path: "manual", namespace: "manual" }));
      build.onLoad({ filter: /.*/, namespace: "manual" }, async () => {
        const there = readdirSync(folder);
        const pages = await Promise.all(PAGES.filter((name) => there.includes(`${name}.md`)).map((name) => pageOf(folder, name)));
        return { contents: JSON.stringify(pages), loader: "json" };
      });
    },
  };
}
