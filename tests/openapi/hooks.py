"""The exceptions to what Schemathesis expects, each with its reason. Whatever is not here fails the run.

Schemathesis takes it that a request which fits the document is accepted. These are refused all the same, for reasons
that OpenAPI has no words for.
"""

import schemathesis
from schemathesis.openapi.checks import IgnoredAuth

# By check: (the problem's code, a part of its detail, why the refusal is right).
EXCEPTIONS = {
    "positive_data_acceptance": [
        ("capability_unsupported", "", "what an account can do depends on its site; the document is for all sites"),
        ("invalid_cursor", "", "a cursor is only what the gateway has made for the same walk"),
        ("idempotency_key_reused", "", "a key belongs to the request that it came with first"),
        ("precondition_failed", "", "a tag is only what the gateway has given for the current state"),
        (
            "invalid_request",
            "is neither * nor a list of entity tags",
            "a condition that cannot be read must not be ignored",
        ),
        ("upstream_rejected", "", "the site's own judgement of a well-formed request"),
        ("checksum_mismatch", "", "a digest must be that of the bytes in the same request"),
        ("invalid_request", "The root folder can be neither changed nor deleted", "the id `root` is good elsewhere"),
        ("invalid_request", "is missing, and so is conversion", "one of two parameters must be there"),
        ("invalid_request", "is a parameter of the address too", "a form may repeat nothing of the address"),
        ("invalid_request", "is empty", "a file has a byte, and OpenAPI has no least length for bytes"),
        ("invalid_request", "comes after the file", "a form's fields come in an order"),
        ("invalid_request", '"name" is missing', "it must be in the address or in the form"),
        ("invalid_request", 'field "/url"', "a public address is more than a pattern can say"),
        ("invalid_request", 'parameter "sort"', "what a site's listings can be sorted by depends on the site"),
        ("method_not_allowed", "", "`lookup` was taken for a file's id; `…/files/lookup` is a path of its own"),
    ],
    "status_code_conformance": [
        ("method_not_allowed", "", "`lookup` was taken for a file's id; `…/files/lookup` is a path of its own"),
    ],
}

FAILURES = {"RejectedPositiveData": "positive_data_acceptance", "UndefinedStatusCode": "status_code_conformance"}


KEY = "Idempotency-Key"
keys_seen = set()


@schemathesis.hook
def before_call(context, case, kwargs):
    """Makes an `Idempotency-Key` that was sent before a new one; else most of what has one would be refused unread."""
    key = (case.headers or {}).get(KEY)
    if isinstance(key, str) and key in keys_seen and len(key) < 250:
        case.headers[KEY] = f"{key}-{len(keys_seen)}"
    if key:
        keys_seen.add(case.headers[KEY])


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Keeps a failure unless it is one of the exceptions."""
    if isinstance(failure, IgnoredAuth):
        # Whoever tries one wrong key after the other is told to stop, and Schemathesis does. `response` is here that to
        # the same request with the right key.
        return "got `429 Too Many Requests`" not in failure.message
    exceptions = EXCEPTIONS.get(FAILURES.get(type(failure).__name__), [])
    try:
        problem = response.json()
        code, detail = problem["code"], problem["detail"]
    except (ValueError, KeyError, TypeError):
        # An answer to HEAD has no body; its status is that of the one to GET.
        code, detail = {412: "precondition_failed", 422: "capability_unsupported"}.get(response.status_code), ""
        if response.status_code == 400 and "If-Match" in (case.headers or {}):
            code, detail = "invalid_request", "is neither * nor a list of entity tags"
    if code == "method_not_allowed" and not response.request.path_url.endswith("/files/lookup"):
        return True
    return not any(code == excepted and part in detail for excepted, part, _ in exceptions)
