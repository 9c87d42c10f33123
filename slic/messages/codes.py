"""Why a message or command was refused, or what became of it: one closed list for acks, counters and logs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

RefusalCode = Literal["unknown_topic", "retained", "too_large", "not_utf8", "malformed"]
"""What can be wrong with a message before anybody looks at what it asks for."""

Code = (
    RefusalCode
    | Literal[
        "ok",
        "lifted",
        "duplicate",
        "unknown_issuer",
        "not_allowed",
        "clock_untrusted",
        "expired",
        "replayed",
        "unknown_lamp",
        "unknown_sensor",
        "out_of_band",
        "bad_until",
        "limiter",
        "store_full",
        "not_stored",
        "superseded",
        "ended",
        "wrong_segment",
        "unknown_signer",
        "bad_hash",
        "bad_signature",
        "old_version",
        "not_valid_now",
    ]
)

CODES: Mapping[Code, str] = {
    "ok": "taken as it was sent",
    "lifted": "taken; the level was between off and the lamps' minimum and was lifted to that minimum",
    "unknown_topic": "the topic is not one of the tree",
    "retained": "a message that is never retained came with the retain flag",
    "too_large": "the payload is larger than its channel allows",
    "not_utf8": "the payload is not text in UTF-8",
    "malformed": "the payload is not JSON, or a field is missing or not as described",
    "duplicate": "the message came before and is not taken again; only counted",
    "unknown_issuer": "the gateway knows nobody of the name in `by`",
    "not_allowed": "this issuer may not give commands of this kind",
    "clock_untrusted": "the gateway cannot tell whether the command is in time, since it does not trust its clock",
    "expired": "the command came after its `exp`, or `exp` is more than a day ahead",
    "replayed": "`seq` is not above the last one of this issuer",
    "unknown_lamp": "the segment has no lamp of this name",
    "unknown_sensor": "the segment has no sensor of this name",
    "out_of_band": "the level is missing, or outside what this issuer may set",
    "bad_until": "the override would end before it begins, or last longer than seven days",
    "limiter": "too many lamps would go dark within too short a time",
    "store_full": "there is no room to keep the command, so nothing was changed",
    "not_stored": "a safety command or a resume is obeyed, but there was no room to keep it: a restart forgets it",
    "superseded": "another command decides for these lamps",
    "ended": "the override was given back, or its end came",
    "wrong_segment": "the message is for another segment or site",
    "unknown_signer": "the gateway has no key of this signer",
    "bad_hash": "`sha256` is not the hash of the content together with this site and segment",
    "bad_signature": "the signature does not belong to the content and the signer's key",
    "old_version": "`version` is not above the one in force",
    "not_valid_now": "it is before `valid_from` or after `valid_until`",
}
"""Every code with its meaning, in the words of the documentation."""
