import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * One folder for all temporary files of a run, gone when it ends: tests and the processes that they start write where
 * `os.tmpdir()` says.
 */
export default function scratchFolder(): () => void {
  const folder = mkdtempSync(join(tmpdir(), "worldloom-tests-"));
  // Tests that become another user for a while find their files, too.
  chmodSync(folder, 0o755);
  for (const name of ["TMPDIR", "TEMP", "TMP"]) process.env[name] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
