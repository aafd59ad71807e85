// `worldloom script debug`, with arguments from the environment: the test client gives none.
process.argv.push("script", "debug", ...JSON.parse(process.env["DEBUG_ARGUMENTS"] ?? "[]"));
await import("../../../src/cli/main.ts");
