/** What `secevent --help` prints. */
export const HELP = `secevent: look into Security Event Tokens (RFC 8417)

Usage:
  secevent decode [TOKEN | FILE | -] [--json]
  secevent decode --lines [FILE | -]

  decode      prints header, payload and signature of a token, UNVERIFIED:
              it reads what the token says and cannot tell who wrote it.
              Without an argument, or with -, it reads standard input.
              Damage from pasting (white space, quotes, a Bearer prefix)
              is repaired and said.

Options:
  --json      one JSON object on one line: {"header","payload","signature"}
  --lines     many tokens: one a line in, one JSON object a line out.
              Lines that fail are named on standard error by number.
  --help, -h  this text
  --version   the version

Colour is used on a terminal; NO_COLOR and FORCE_COLOR are respected.
Exit status: 0 good, 1 a token that fails, 2 wrong use.
`;
