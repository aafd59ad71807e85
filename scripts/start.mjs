// What `npm start` runs: the main job, with a report, unless the flags that follow say where it goes.
const words = process.argv.slice(2);
const said = words.some((word) => /^--(report|json)(=|$)/.test(word));
process.argv.splice(2, words.length, "run", "examples/city", ...words, ...(said ? [] : ["--report", "city-report"]));
await import("../src/cli/main.ts");
