/** The text that `secevent --help` prints. */
export const HELP = `secevent: decode, verify and receive Security Event Tokens (RFC 8417)

Usage:
  secevent decode [TOKEN | FILE | -] [--json]
  secevent decode --lines [FILE | -]
  secevent verify [TOKEN | FILE | -] (--jwks URL|FILE | --key FILE)
                  --issuer ISSUER --audience AUDIENCE [options]
  secevent verify [TOKEN | FILE | -] (--akamai HOST/CUSTOMER | --ssf ISSUER |
                  --apple | --google) --audience AUDIENCE [options]
  secevent listen --port NUMBER --out FILE (--jwks URL|FILE | --key FILE)
                  --issuer ISSUER --audience AUDIENCE [options]
  secevent stream (show [STREAM] | list | status [STREAM] | verify STREAM |
                  delete STREAM) --ssf ISSUER AUTHORIZATION [options]
  secevent stream create (--push URL | --poll) --ssf ISSUER AUTHORIZATION
                  [options]
  secevent stream (add-subject | remove-subject) STREAM SUBJECT
                  --ssf ISSUER AUTHORIZATION [options]
  secevent inspect [TOKEN | FILE | -] [--out FILE]

  AUTHORIZATION is one of
    --authorization SECRET
    --client-id ID (--client-secret SECRET | --client-key FILE)
                  (--token-issuer URL | --token-endpoint URL) [--scope SCOPE]
  SECRET is env:NAME or file:PATH, never the secret itself: an argument ends
  up in the shell history and the process list.

  decode      Prints the header, payload and signature of a token, UNVERIFIED:
              anyone could have written the token.
  verify      Checks the signature with your keys, then the issuer, the
              audience and the times. Prints the token only if it passes.
  listen      Receives SETs by push (RFC 8935) and appends each valid one to
              a file, as a line of JSON. It responds once the line is on disk,
              writes each SET once, and continues the same file after a
              restart or a crash. It speaks plain HTTP: put a proxy with TLS
              in front of it.
  stream      Manages the streams of a receiver at a Shared Signals transmitter.
              Without STREAM, show prints the configuration of the transmitter,
              and status that of the only stream.
  inspect     Writes a page that shows, explains and verifies one token or
              thousands, and opens it in the browser. The page works offline
              and sends nothing. It contains the tokens, so only you can read
              the file.

  Without an argument, or with -, decode, verify and inspect read standard
  input. In a terminal, inspect without an argument opens an empty page.
  Damage from pasting (spaces, line breaks, quotes, a Bearer prefix) is
  repaired and reported.

Options of all commands:
  --help, -h                print this help
  --version                 print the version (without a command)

Options of decode and verify:
  --json                    print one line: {"header","payload","signature"}

Options of decode:
  --lines                   read one token per line and print one JSON object
                            per line. Lines that fail are reported on standard
                            error by number

Options of listen:
  --port NUMBER             port to listen on; 0 picks a free one and prints it
  --host NAME               address to listen on. Default 127.0.0.1
  --out FILE                file to append to; created if it does not exist

Options of stream:
  --ssf ISSUER              the transmitter
  --configuration URL       where its configuration is. Default: at the
                            well-known path of the issuer
  --authorization SECRET    the whole value of the header Authorization, such
                            as "Bearer TOKEN"
  --client-id ID            the client, for OAuth 2.0 client credentials
  --client-secret SECRET    its secret
  --client-key FILE         its private key instead: a JWK, or PEM (PKCS#8)
  --scope SCOPE             the scopes to ask for, such as ssf.manage
  --token-issuer URL        the authorization server
  --token-endpoint URL      its token endpoint, if its metadata is not served
  --json                    print one JSON document
  Every option is also a variable: --client-id is SECEVENT_CLIENT_ID. The
  argument takes precedence. A variable may also contain the secret itself.

Options of stream create:
  --push URL                SETs are pushed to this URL
  --push-authorization SECRET
                            with this header Authorization
  --poll                    SETs are polled
  --event TYPE              an event type to request; repeat it for several
  --description TEXT        a description for people
  --extra JSON              an object with members outside the standard that
                            the transmitter requires

Options of stream status, verify and add-subject:
  --set STATUS              set the status: enabled, paused or disabled
  --reason TEXT             why, for people
  --state TEXT              the state of the verification. Default: random
  --verified, --unverified  whether you have verified that the subject uses
                            the identifier

Options of inspect:
  --out FILE                write the page to this file and do not open it.
                            Only an earlier page is ever overwritten

Options of verify and listen:
  --akamai HOST/CUSTOMER    an Akamai Identity Cloud customer. This and the next
                            three set the keys and the issuer, instead of
                            --jwks and --issuer
  --ssf ISSUER              a Shared Signals transmitter, whose configuration
                            names the keys
  --configuration URL       where that configuration is. Default: at the
                            well-known path of the issuer
  --apple, --google         Sign in with Apple; Google's Cross-Account
                            Protection. --audience is your client ID
  --jwks URL|FILE           public keys: a JWK Set at a URL (https, or http on
                            this machine), or a file with a JWK Set or one JWK
  --key FILE                public key: a file with PEM (BEGIN PUBLIC KEY) or
                            one JWK
  --issuer ISSUER           expected iss; repeat it to allow several
  --any-issuer              skip the issuer check
  --audience AUDIENCE       expected aud; repeat it to allow several
  --any-audience            skip the audience check
  --algorithm NAME          allowed signature algorithm, such as ES256; repeat
                            it to allow several. Default RS256
  --typ TYPE                expected typ. Default secevent+jwt
  --any-typ                 skip the typ check, for tokens with another typ or
                            none
  --clock-tolerance SECONDS how far the clocks may differ. Default 60
  --max-age SECONDS         maximum age, counted from iat. Default: any age

Color is used on a terminal; NO_COLOR and FORCE_COLOR are respected.
Exit status: 0 success, 1 rejected token or request, 2 usage error.
`;

/** The last line of a usage error. */
export const HINT = 'Try: secevent --help';
