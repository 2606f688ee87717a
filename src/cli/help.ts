/** What `secevent --help` prints. */
export const HELP = `secevent: look into Security Event Tokens (RFC 8417), and verify them

Usage:
  secevent decode [TOKEN | FILE | -] [--json]
  secevent decode --lines [FILE | -]
  secevent verify [TOKEN | FILE | -] (--jwks URL|FILE | --key FILE)
                  --issuer ISSUER --audience AUDIENCE [options]

  decode      prints header, payload and signature of a token, UNVERIFIED:
              it reads what the token says and cannot tell who wrote it.
  verify      checks the signature with keys that you trust, and that the
              token is from that issuer, for that audience and in time;
              then prints it. A token that fails is not printed.

  Without an argument, or with -, both read standard input. Damage from
  pasting (white space, quotes, a Bearer prefix) is repaired and said.

Options of both:
  --json      one JSON object on one line: {"header","payload","signature"}
  --help, -h  this text
  --version   the version, without a command

Options of decode:
  --lines     many tokens: one a line in, one JSON object a line out.
              Lines that fail are named on standard error by number.

Options of verify:
  --jwks URL|FILE           the keys: a JWK Set at a URL (https, or http on
                            this machine), or a file with a set or one JWK
  --key FILE                the key: PEM (BEGIN PUBLIC KEY) or one JWK
  --issuer ISSUER           the iss to expect; repeat it to allow several
  --any-issuer              do not check the issuer
  --audience AUDIENCE       the aud to expect; repeat it to allow several
  --any-audience            do not check the audience
  --algorithm NAME          a signature algorithm to allow, such as ES256;
                            repeat it to allow several. Default RS256
  --typ TYPE                the typ to expect. Default secevent+jwt
  --any-typ                 do not check the typ: old tokens have none
  --clock-tolerance SECONDS how far the clocks may differ. Default 60
  --max-age SECONDS         how old the token may be. Default: any age

Colour is used on a terminal; NO_COLOR and FORCE_COLOR are respected.
Exit status: 0 good, 1 a token that fails, 2 wrong use.
`;
