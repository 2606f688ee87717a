/** What `secevent --help` prints. */
export const HELP = `secevent: look into Security Event Tokens (RFC 8417), verify and receive them

Usage:
  secevent decode [TOKEN | FILE | -] [--json]
  secevent decode --lines [FILE | -]
  secevent verify [TOKEN | FILE | -] (--jwks URL|FILE | --key FILE)
                  --issuer ISSUER --audience AUDIENCE [options]
  secevent listen --port NUMBER --out FILE (--jwks URL|FILE | --key FILE)
                  --issuer ISSUER --audience AUDIENCE [options]
  secevent inspect [TOKEN | FILE | -] [--out FILE]

  decode      prints header, payload and signature of a token, UNVERIFIED:
              it reads what the token says and cannot tell who wrote it.
  verify      checks the signature with keys that you trust, and that the
              token is from that issuer, for that audience and in time;
              then prints it. A token that fails is not printed.
  listen      receives SETs by push (RFC 8935) and appends each that holds
              to a file, as a line of JSON. It answers when the line is on
              disk, writes none twice, and goes on with the file after any
              end. TLS is for a proxy in front of it.
  inspect     writes a page that shows one token or thousands, explains them
              and verifies them, and opens it in the browser. The page works
              offline and sends nothing. It holds the tokens: only you can
              read the file.

  Without an argument, or with -, decode and verify read standard input;
  so does inspect where that is no terminal.
  Damage from pasting (white space, quotes, a Bearer prefix) is repaired
  and said.

Options of decode and verify:
  --json      one JSON object on one line: {"header","payload","signature"}

Options of all:
  --help, -h  this text
  --version   the version, without a command

Options of decode:
  --lines     many tokens: one a line in, one JSON object a line out.
              Lines that fail are named on standard error by number.

Options of listen:
  --port NUMBER             where to listen; 0 takes a free port and says it
  --host NAME               on which address. Default 127.0.0.1
  --out FILE                where to append. It is made when it is not there

Options of inspect:
  --out FILE                where to write the page, which is then not opened.
                            Nothing but an earlier page is overwritten

Options of verify and listen:
  --akamai HOST/CUSTOMER    keys and issuer of an Akamai Identity Cloud
                            customer, in place of --jwks and --issuer
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
