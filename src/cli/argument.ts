/** Tells what an argument of the command was meant as. */

/**
 * Whether an argument for which there is no file was still meant as the name of one, and not as a token, perhaps
 * damaged.
 */
export function isPath(argument: string): boolean {
  if (/^[\s"'`“‘]*(?:authorization:|bearer\s)/i.test(argument)) return false;
  if (argument.includes('eyJ') && !/^[./~]/.test(argument)) return false;
  return /[/\\](?![_.\-])|\.(?:jwt|set|txt|json|ndjson|log)$/i.test(argument);
}
