/** Colors and escape sequences on a terminal. */

/** The property of a Node stream that says whether it is a terminal. */
export interface TerminalStream {
  readonly isTTY?: boolean;
}

/**
 * Reports whether output to a stream is colored. A non-empty FORCE_COLOR takes precedence over a non-empty NO_COLOR, as
 * in Node itself.
 */
export function wantsColor(stream: TerminalStream, environment: NodeJS.ProcessEnv): boolean {
  const { FORCE_COLOR, NO_COLOR } = environment;
  if (FORCE_COLOR) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  if (NO_COLOR) return false;
  return supportsEscapes(stream, environment);
}

/** Reports whether a stream is a terminal that understands escape sequences. */
export function supportsEscapes(stream: TerminalStream, environment: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && environment.TERM !== 'dumb';
}

const COLOR_CODES = { red: 31, green: 32, yellow: 33, magenta: 35, cyan: 36 };

/** A color that {@link colorize} supports. */
export type Color = keyof typeof COLOR_CODES;

/** Wraps a text in the escape sequences of a color. */
export function colorize(text: string, color: Color): string {
  return `\u001b[${COLOR_CODES[color]}m${text}\u001b[39m`;
}
