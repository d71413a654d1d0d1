"""What the edge asks the API before it answers, and how the API answers.

For every GET or HEAD the edge sends `GET {authorize_url}` to the API's internal listener, without a body:

    X-Media-Edge-Secret   the edge's secret; compare in constant time
    X-Media-Key           the object key: of an original, or `renditions/{tenant}/{uuid}/…`; its shape is checked
    X-Media-Token         the path token `{expires}-{signature}`; absent where the link had none
    X-Media-Download      `1` where the link asks for an attachment (`/download/…`); absent otherwise

The API answers one of

    204   the bytes may be read
          X-Media-Content-Type   the media type to answer with, required; the store's own is never shown
          X-Media-Cache          the whole Cache-Control for the client, required (PUBLIC_CACHE, or a short private one)
          X-Media-Disposition    the whole Content-Disposition in ASCII (RFC 6266); absent for what is shown inline
          X-Media-Uncached       `1` while the cache's disk is full: neither this answer nor the bytes are to be cached,
                                 as nginx breaks off what it cannot write; absent otherwise
    403   they may not; X-Media-Reason is required
          token                  the token is missing, wrong or expired: the client gets 403
          missing                unknown, trashed, deleted, not stored yet: the client gets 404

and anything else, 401 for a wrong secret included, counts as "not available": the client gets 503.
A 404 would be the natural answer for a missing file, but nginx lets an authorisation say 403 and 401 only.

For a picture by `/image/{transformation}/{key}` the question has, on top of that,

    X-Media-Transformation   the text between the slashes; its characters are checked, its meaning is not
    X-Media-Signature        the 22 characters of `s--…--` before it; absent where the link had none

and a 204 has

    X-Media-Canonical        the canonical transformation, or the text as it came where it has no meaning
    X-Media-Version          changes whenever the original's bytes do

Then the edge sends `GET {image_url}/{canonical}/{key}` with its secret and, in X-Media-Formats, what of `webp` and
`avif` the client accepts where that matters. A 200 is cached by canonical text, version, formats and key.

An answer is kept for ANSWER_SECONDS per key, token and download flag, so a deny takes effect after at most that
time and one question. While the API is down or slow the last answer goes on, however old it is.
"""

#: In the cache's folder: what the cache answered, a line for each request.
HITS_LOG = "hits.log"

EDGE_SECRET_HEADER = "X-Media-Edge-Secret"
KEY_HEADER = "X-Media-Key"
TOKEN_HEADER = "X-Media-Token"
DOWNLOAD_HEADER = "X-Media-Download"

TRANSFORMATION_HEADER = "X-Media-Transformation"
SIGNATURE_HEADER = "X-Media-Signature"
FORMATS_HEADER = "X-Media-Formats"

CONTENT_TYPE_HEADER = "X-Media-Content-Type"
CACHE_HEADER = "X-Media-Cache"
DISPOSITION_HEADER = "X-Media-Disposition"
UNCACHED_HEADER = "X-Media-Uncached"
REASON_HEADER = "X-Media-Reason"
CANONICAL_HEADER = "X-Media-Canonical"
VERSION_HEADER = "X-Media-Version"

REASON_TOKEN = "token"
REASON_MISSING = "missing"

#: Cache-Control of a public file: a key's bytes never change, so a client need not ask again.
PUBLIC_CACHE = "public, max-age=31536000, immutable"

ANSWER_SECONDS = 2
