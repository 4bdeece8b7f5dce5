// Makes the console: one page, its script, style and fonts, and the manual's pages.
//
//   node build.mjs --folder=/tmp/console          as files, to be looked at
//   node build.mjs --cc=console_files.cc --installed=.installed
//                                                 as C++ for tools/admin/console_files.h; empty, with the
//                                                 reason in it, where npm's packages are not there
//
// Names of assets carry a hash of their bytes, so that browsers may keep them for ever.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const HERE = dirname(realpathSync(fileURLToPath(import.meta.url)));
const OPTIONS = Object.fromEntries(process.argv.slice(2).map((word) => word.replace(/^--/, "").split("=", 2)));
const TYPES = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
  woff2: "font/woff2",
};

// What tools/setup has written: the lock file's hash once its packages are there, or a sentence.
export function whyNot(installed, lock) {
  if (installed === undefined) return "npm's packages are not installed: run tools/setup with a network, and build again";
  if (!/^[0-9a-f]{64}$/.test(installed)) return installed || "tools/setup did not install npm's packages, and did not say why";
  if (installed !== createHash("sha256").update(lock).digest("hex")) return "npm's packages are of another lock file: run tools/setup, and build again";
  return "";
}

async function bundle() {
  const { build } = await import("esbuild");
  const { manual } = await import("./manual.mjs");
  const make = (styles) => build({
    absWorkingDir: HERE,
    entryPoints: { console: "src/main.tsx" },
    bundle: true,
    minify: true,
    splitting: true,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    legalComments: "none",
    define: { "process.env.NODE_ENV": '"production"' },
    outdir: "/assets",
    publicPath: "/assets",
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    loader: { ".woff2": "file" },
    plugins: [fontsThatAreUsed(), stylesThatAreUsed(styles), manual(HERE)],
    write: false,
    metafile: true,
    logLevel: "error",
  });
  // Once to learn which of PatternFly's components are used, and once with the styles of these.
  const made = await make(usedStyles((await make([])).metafile));
  const files = made.outputFiles.filter(({ contents }) => contents.length).map((file) => ({ path: `/assets/${basename(file.path)}`, bytes: Buffer.from(file.contents) }));
  const named = (kind) => files.find((file) => /^\/assets\/console-\w+\./.test(file.path) && file.path.endsWith(kind)).path;
  const icon = readFileSync(join(HERE, "icon.svg"));
  const iconPath = `/assets/icon-${createHash("sha256").update(icon).digest("hex").slice(0, 8)}.svg`;
  files.push({ path: iconPath, bytes: icon });
  const page = readFileSync(join(HERE, "index.html"), "utf8")
    .replace("{script}", named(".js")).replace("{style}", named(".css")).replace("{icon}", iconPath);
  files.unshift({ path: "/", bytes: Buffer.from(page) });
  return files;
}

function usedStyles(metafile) {
  const used = new Set();
  for (const { inputs } of Object.values(metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs))
      if (bytesInOutput > 0 && /@patternfly\/react-styles\/css\/.*\.mjs$/.test(path)) used.add(path.replace(/\.mjs$/, ".css"));
  }
  return [...used].sort().map((path) => join(HERE, path)).filter((path) => existsSync(path));
}

// Each of PatternFly's components imports its styles, and bundlers keep them although the component is not used.
// So these imports are passed over, and "used-styles" is those of `paths`.
function stylesThatAreUsed(paths) {
  return {
    name: "styles",
    setup(build) {
      build.onResolve({ filter: /^used-styles$/ }, () => ({ path: "used-styles", namespace: "used-styles" }));
      build.onLoad({ filter: /.*/, namespace: "used-styles" }, () => (
        { contents: paths.map((path) => `@import ${JSON.stringify(path)};`).join("\n"), loader: "css", resolveDir: HERE }));
      build.onResolve({ filter: /\.css$/ }, (asked) => (
        asked.kind === "import-statement" && /@patternfly.react-(styles|core)/.test(asked.importer) ? { path: "none", namespace: "no-styles" } : undefined));
      build.onLoad({ filter: /.*/, namespace: "no-styles" }, () => ({ contents: "", loader: "css" }));
    },
  };
}

// PatternFly also names slanted fonts, icons as a font, and pictures for a theme of its own. What is not here is
// not asked for: browsers slant letters by themselves.
function fontsThatAreUsed() {
  return {
    name: "fonts",
    setup(build) {
      build.onLoad({ filter: /[/]styles[/]base[.]css$/ }, ({ path }) => ({
        contents: readFileSync(path, "utf8")
          .replace(/@font-face\s*\{[^}]*\}/g, (face) => (/RedHat(Text|Mono|Display)VF\.woff2/.test(face) ? face : ""))
          .replace(/url\("[^"]*[.]svg"\)/g, "none"),
        loader: "css",
      }));
    },
  };
}

function typeOf(path) {
  return path === "/" ? TYPES.html : TYPES[path.split(".").pop()] ?? "application/octet-stream";
}

// A string literal of any bytes. Octal, since that ends after three digits whatever follows.
function literal(bytes) {
  const lines = [];
  for (let at = 0; at < bytes.length; at += 4096) {
    let line = "";
    for (const byte of bytes.subarray(at, at + 4096)) line += "\\" + byte.toString(8).padStart(3, "0");
    lines.push(`"${line}"`);
  }
  return lines.length ? lines.join("\n") : '""';
}

function sourceOf(files, reason) {
  const rows = files.map(({ path, bytes }) => {
    const packed = gzipSync(bytes, { level: 9 });
    const etag = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
    return `    {${JSON.stringify(path)}, ${JSON.stringify(typeOf(path))}, "\\"${etag}\\"",\n     std::string_view(${literal(packed)}, ${packed.length})},`;
  });
  return `// Made by tools/console/build.mjs.
#include "tools/admin/console_files.h"

namespace sluice {

absl::Span<const ConsoleFile> ConsoleFiles() {
${rows.length ? `  static constexpr ConsoleFile kFiles[] = {\n${rows.join("\n")}\n  };\n  return kFiles;` : "  return {};"}
}

std::string_view WhyNoConsole() { return ${JSON.stringify(reason)}; }

}  // namespace sluice
`;
}

function sizes(files) {
  const packed = (pattern) => files.filter((file) => pattern.test(file.path)).reduce((sum, file) => sum + gzipSync(file.bytes, { level: 9 }).length, 0);
  return `script ${Math.round(packed(/\.js$/) / 1024)} KB, style ${Math.round(packed(/\.css$/) / 1024)} KB, fonts ${Math.round(packed(/\.woff2$/) / 1024)} KB, compressed`;
}

async function main() {
  const lock = readFileSync(join(HERE, "package-lock.json"));
  const installed = OPTIONS.installed === undefined ? createHash("sha256").update(lock).digest("hex")
    : existsSync(OPTIONS.installed) ? readFileSync(OPTIONS.installed, "utf8").trim() : undefined;
  const reason = whyNot(installed, lock);
  const files = reason ? [] : await bundle();
  if (OPTIONS.cc) writeFileSync(OPTIONS.cc, sourceOf(files, reason));
  if (OPTIONS.folder) {
    mkdirSync(join(OPTIONS.folder, "assets"), { recursive: true });
    for (const file of files) writeFileSync(join(OPTIONS.folder, file.path === "/" ? "index.html" : file.path), file.bytes);
    console.log(reason || sizes(files));
  }
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await main();
