/** What a terminal shows: colour where it is wanted. */

/** The part of a Node stream that tells whether it is a terminal. */
export interface Screen {
  readonly isTTY?: boolean;
}

/** FORCE_COLOR wins over NO_COLOR, as in Node itself; either counts only when it is not empty. */
export function wantsColour(screen: Screen, environment: NodeJS.ProcessEnv): boolean {
  const { FORCE_COLOR, NO_COLOR } = environment;
  if (FORCE_COLOR) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  if (NO_COLOR) return false;
  return canErase(screen, environment);
}

/** Whether a screen is a terminal that understands escape sequences. */
export function canErase(screen: Screen, environment: NodeJS.ProcessEnv): boolean {
  return screen.isTTY === true && environment.TERM !== 'dumb';
}

const CODES = { red: 31, green: 32, yellow: 33, magenta: 35, cyan: 36 };
export type Colour = keyof typeof CODES;

/** Wraps a text in the escape sequences of a colour. */
export function paint(text: string, colour: Colour): string {
  return `\u001b[${CODES[colour]}m${text}\u001b[39m`;
}
