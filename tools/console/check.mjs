// Compiles the console's types, and runs src/*_test.ts. Says of each case how it went, in the XML that Bazel asks for too.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const source = (name) => readFileSync(join(HERE, "src", name), "utf8");
const cases = [];

async function run(name, test) {
  let fault = "";
  try {
    await test();
  } catch (error) {
    fault = error.stack ?? String(error);
  }
  cases.push({ name, fault });
  console.log(fault ? `FAILED ${name}\n${fault}` : `ok ${name}`);
}

function types() {
  const done = spawnSync(process.execPath, [join(HERE, "node_modules/typescript/bin/tsc"), "--noEmit", "-p", HERE], { encoding: "utf8" });
  if (done.status !== 0) throw new Error(done.stdout + done.stderr);
}

// What the page's content security policy would refuse, or what would make text into markup, does not stand in the sources.
function text() {
  const faults = [];
  for (const name of readdirSync(join(HERE, "src"))) {
    const found = source(name).match(/\sstyle=\{|innerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|javascript:|https?:\/\/(?!example)/g) ?? [];
    if (name === "help.tsx" ? !/dangerouslySetInnerHTML=\{\{ __html: page\.html \}\}/.test(source(name)) : /dangerouslySetInnerHTML/.test(source(name))) found.push("dangerouslySetInnerHTML");
    faults.push(...found.map((what) => `src/${name}: ${what.trim()}`));
  }
  if (faults.length) throw new Error(faults.join("\n"));
}

// Which sentences the dictionary needs the compiler says; here, which it no longer needs.
function words() {
  const all = readdirSync(join(HERE, "src")).filter((name) => name !== "german.ts").map(source).join("\n");
  const entries = [...source("german.ts").matchAll(/^ {2}("(?:[^"\\]|\\.)*"): ("(?:[^"\\]|\\.)*"),$/gm)];
  if (entries.length < 400) throw new Error(`expected hundreds of sentences, found ${entries.length}`);
  const holes = (sentence) => (sentence.match(/\{\w+\}/g) ?? []).sort().join();
  const faults = entries.flatMap(([, english, german]) => [
    ...(all.includes(english) ? [] : [`${english} is not said any more`]),
    ...(holes(english) === holes(german) ? [] : [`${english} and ${german} have other places to fill`]),
  ]);
  if (faults.length) throw new Error(faults.join("\n"));
}

async function unitTests() {
  const { build } = await import("esbuild");
  const folder = mkdtempSync(join(tmpdir(), "sluice-console-"));
  try {
    for (const name of readdirSync(join(HERE, "src")).filter((each) => each.endsWith("_test.ts"))) {
      const outfile = join(folder, name.replace(/ts$/, "mjs"));
      await build({ entryPoints: [join(HERE, "src", name)], bundle: true, platform: "node", format: "esm", outfile, logLevel: "error" });
      for (const [sentence, test] of Object.entries((await import(pathToFileURL(outfile).href)).tests)) await run(`${name}: ${sentence}`, test);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function escaped(value) {
  return value.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`).replace(/[^\t\n\x20-\ud7ff]/g, "?");
}

await run("types fit", types);
await run("nothing makes markup of text", text);
await run("the dictionary has what is said, and no more", words);
await unitTests();
if (process.env.XML_OUTPUT_FILE) {
  const rows = cases.map(({ name, fault }) => `<testcase name="${escaped(name)}">${fault ? `<failure message="${escaped(fault)}"/>` : ""}</testcase>`);
  writeFileSync(process.env.XML_OUTPUT_FILE, `<testsuite tests="${cases.length}">${rows.join("")}</testsuite>`);
}
process.exitCode = cases.some(({ fault }) => fault) ? 1 : 0;
