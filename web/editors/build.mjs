// Builds the editors and vendors htmx and Tabler; the same sources give the same bytes.
// Usage: npm ci --ignore-scripts && node build.mjs
import { build } from "esbuild";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const output = join(here, "..", "static", "editors");
const vendor = join(here, "..", "static", "vendor");
const modules = join(here, "node_modules");
const require = createRequire(import.meta.url);

// Packages whose licence stands in their README alone.
const LICENCE_IN_README = { "component-props": "MIT" };

const shared = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  charset: "utf8",
  format: "esm",
  target: ["es2022"],
  legalComments: "none", // the texts are in licences.txt
  metafile: true,
  loader: { ".woff2": "file", ".woff": "empty", ".ttf": "empty", ".eot": "empty", ".svg": "empty", ".png": "dataurl" },
  assetNames: "fonts/[name]-[hash]",
  logLevel: "warning",
};

// The panel's own titles ("Toggle section") are not handed a translation by its callers: give them ours.
const panelInChinese = {
  name: "panel-in-chinese",
  setup(builder) {
    builder.onLoad({ filter: /@bpmn-io[\\/]properties-panel[\\/]dist[\\/]index\.esm\.js$/ }, ({ path }) => {
      const source = readFileSync(path, "utf8");
      const head = "function translateFallback(template, replacements) {";
      if (!source.includes(head)) throw new Error("the panel has changed: look at panel-in-chinese in build.mjs");
      const ours = `import { translate as __translate } from ${JSON.stringify(join(here, "src", "panel", "translate.js"))};\n`;
      return { contents: ours + source.replace(head, `${head}\n  return __translate(template, replacements);`), loader: "js" };
    });
  },
};

rmSync(output, { recursive: true, force: true });
mkdirSync(output, { recursive: true });
const result = await build({
  ...shared,
  entryPoints: ["src/modeler.js", "src/viewer.js", "src/dmn.js", "src/code.js", "src/workspace.css"],
  outdir: output,
  plugins: [panelInChinese],
});
writeFileSync(join(output, "licences.txt"), licences(packagesOf(result.metafile)));
copyVendor("htmx", "htmx.org", ["dist/htmx.min.js"]);
copyVendor("tabler", "@tabler/core", ["dist/css/tabler.min.css", "dist/js/tabler.min.js"]);

/** The packages whose code is in the bundles; a package that ships itself bundled brings its own dependencies. */
function packagesOf(metafile) {
  const names = new Set();
  for (const path of Object.keys(metafile.inputs)) {
    const found = path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//);
    if (found) names.add(found[1]);
    if (found?.[1] === "dmn-js") addDependencies("dmn-js", names);
  }
  return [...names].sort();
}

function addDependencies(name, names) {
  names.add(name);
  const manifest = JSON.parse(readFileSync(join(modules, name, "package.json"), "utf8"));
  for (const dependency of Object.keys(manifest.dependencies ?? {})) {
    if (!names.has(dependency) && existsSync(join(modules, dependency))) addDependencies(dependency, names);
  }
}

function licences(names) {
  const parts = ["The editors contain the following packages.\n"];
  for (const name of names) {
    const folder = join(modules, name);
    const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const licence = manifest.license ?? LICENCE_IN_README[name];
    if (!licence) throw new Error(`${name} names no licence`);
    parts.push(`${"=".repeat(72)}\n${name} ${manifest.version} (${licence})\n${"=".repeat(72)}\n${licenceText(folder)}`);
  }
  return parts.join("\n");
}

function licenceText(folder) {
  const file = readdirSync(folder).filter((name) => /^licen[cs]e/i.test(name)).sort()[0];
  const text = file ? readFileSync(join(folder, file), "utf8") : "(The package carries no licence file.)\n";
  return text.replace(/\r\n/g, "\n").replace(/[ \t]+$/gm, "").trim() + "\n";
}

/** Copies a package's own files; only the pointer to a source map that we do not ship is dropped. */
function copyVendor(name, pack, files) {
  const folder = join(vendor, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const file of files) {
    const text = readFileSync(join(modules, pack, file), "utf8");
    const clean = text.replace(/\n?(\/\*# sourceMappingURL=.*?\*\/|\/\/# sourceMappingURL=.*)\s*$/, "\n");
    writeFileSync(join(folder, file.split("/").pop()), clean);
  }
  const { version, license } = require(`${pack}/package.json`);
  writeFileSync(join(folder, "VERSION"), `${pack} ${version} (${license})\n`);
  const licence = readdirSync(join(modules, pack)).find((one) => /^licen[cs]e/i.test(one));
  if (licence) copyFileSync(join(modules, pack, licence), join(folder, "LICENSE"));
  else copyFileSync(join(here, "licences", `${name}.txt`), join(folder, "LICENSE")); // the package names it without the text
}
