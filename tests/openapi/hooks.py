"""The exceptions to what Schemathesis expects, each with its reason. Every other failure fails the run.

Schemathesis expects that the gateway accepts every request that matches the document. The gateway refuses these
requests for reasons that OpenAPI cannot express.
"""

import schemathesis
from schemathesis.openapi.checks import IgnoredAuth

# By check: (the problem's code, a part of its detail, why the refusal is right).
EXCEPTIONS = {
    "positive_data_acceptance": [
        ("capability_unsupported", "", "capabilities depend on the site; the document covers all sites"),
        ("invalid_cursor", "", "only a cursor that the gateway issued for the same listing is valid"),
        ("idempotency_key_reused", "", "a key belongs to the first request that used it"),
        ("precondition_failed", "", "only the entity tag of the current state matches"),
        (
            "invalid_request",
            "is neither * nor a list of entity tags",
            "a malformed condition must not be ignored",
        ),
        ("upstream_rejected", "", "the site rejected a well-formed request"),
        ("checksum_mismatch", "", "a digest must be that of the bytes in the same request"),
        ("invalid_request", "The root folder can be neither changed nor deleted", "other operations take `root`"),
        ("invalid_request", "is missing, and so is conversion", "one of two parameters is required"),
        ("invalid_request", "is a parameter of the address too", "a form must not repeat a parameter of the address"),
        ("invalid_request", "is empty", "a file must not be empty; OpenAPI has no minimum length for binary data"),
        ("invalid_request", "comes after the file", "the fields of a form must come before its file"),
        ("invalid_request", '"name" is missing', "it must be in the address or in the form"),
        ("invalid_request", 'field "/url"', "a pattern cannot express that an address must be public"),
        ("invalid_request", 'parameter "sort"', "the sort keys of a listing depend on the site"),
        ("method_not_allowed", "", "Schemathesis used `lookup` as a file's id; `…/files/lookup` is another path"),
    ],
    "status_code_conformance": [
        ("method_not_allowed", "", "Schemathesis used `lookup` as a file's id; `…/files/lookup` is another path"),
    ],
}

FAILURES = {"RejectedPositiveData": "positive_data_acceptance", "UndefinedStatusCode": "status_code_conformance"}


KEY = "Idempotency-Key"
keys_seen = set()


@schemathesis.hook
def before_call(context, case, kwargs):
    """Replaces an `Idempotency-Key` that was already sent, because the gateway would refuse it with most requests."""
    key = (case.headers or {}).get(KEY)
    if isinstance(key, str) and key in keys_seen and len(key) < 250:
        case.headers[KEY] = f"{key}-{len(keys_seen)}"
    if key:
        keys_seen.add(case.headers[KEY])


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Keeps a failure unless it is one of the exceptions."""
    if isinstance(failure, IgnoredAuth):
        # The gateway answers 429 to a client that tries one wrong key after another, and Schemathesis does that.
        # `response` is the answer to the same request with the right key.
        return "got `429 Too Many Requests`" not in failure.message
    exceptions = EXCEPTIONS.get(FAILURES.get(type(failure).__name__), [])
    try:
        problem = response.json()
        code, detail = problem["code"], problem["detail"]
    except (ValueError, KeyError, TypeError):
        # The answer to HEAD has no body. Its status is that of the answer to GET.
        code, detail = {412: "precondition_failed", 422: "capability_unsupported"}.get(response.status_code), ""
        if response.status_code == 400 and "If-Match" in (case.headers or {}):
            code, detail = "invalid_request", "is neither * nor a list of entity tags"
    if code == "method_not_allowed" and not response.request.path_url.endswith("/files/lookup"):
        return True
    return not any(code == excepted and part in detail for excepted, part, _ in exceptions)
