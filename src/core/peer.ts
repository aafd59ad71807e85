import { WorldloomError } from "./errors.ts";

/**
 * The error for optional packages that are not installed. `what` happens with them, as the begin of a sentence; a package is a name,
 * with the version behind an @ if only that one will do.
 */
export function peerMissing(what: string, packages: readonly string[], cause: unknown): WorldloomError {
  const list = packages.join(" and ");
  return new WorldloomError(
    "peer-missing",
    `${what} with ${list}, which is not installed: npm install ${packages.join(" ")}`,
    { packages },
    cause,
  );
}
