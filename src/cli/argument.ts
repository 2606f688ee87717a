/** Distinguishes paths from tokens among the arguments of the command. */

/** Reports whether an argument that names no existing file looks like a path, not like a (perhaps damaged) token. */
export function looksLikePath(argument: string): boolean {
  if (/^[\s"'`“‘]*(?:authorization:|bearer\s)/i.test(argument)) return false;
  if (argument.includes('eyJ') && !/^[./~]/.test(argument)) return false;
  return /[/\\](?![_.\-])|\.(?:jwt|set|txt|json|ndjson|log)$/i.test(argument);
}
