"""A time stamp for a signature: an RFC 3161 service asked with a deadline, and its answer read before it is believed."""

import asyncio
import urllib.error
import urllib.request
from contextlib import suppress
from threading import Thread
from typing import Any, Final

from govern.errors import GovernError, UsageError

SECONDS: Final = 30
"""For the whole answer: a service that sends a byte a second would otherwise keep a signer for ever."""
MAX_ANSWER: Final = 1 << 18
"""Bytes; a token with its chain of certificates takes some 6,000."""
HINT: Final = "Nothing was signed. Try again, name another service, or sign without --timestamp."


def timestamper(address: str) -> Any:
    """Return pyHanko's client of the service at `address`, or None without one. Raises `UsageError`."""
    if not address:
        return None
    if not address.startswith(("https://", "http://")):
        raise UsageError(f"{address[:80]} is not the address of a time stamp service.", "Give its https:// address.")
    from pyhanko.sign.timestamps import TimeStamper

    class Service(TimeStamper):
        """Asks over HTTP; what it gives to pyHanko is granted, whole, and about what was asked."""

        async def async_request_tsa_response(self, req: Any) -> Any:
            """Ask, and read the answer."""
            return _read(address, await _answer(address, req.dump()), req)

    return Service()  # type: ignore[no-untyped-call]


async def _answer(address: str, asked: bytes) -> bytes:
    """Return what the service says, at the latest after `SECONDS`; the thread that asks is waited for by nobody, so Ctrl-C ends it."""
    loop = asyncio.get_running_loop()
    said: asyncio.Future[bytes | Exception] = loop.create_future()

    def tell(found: bytes | Exception) -> None:
        if not said.done():
            said.set_result(found)

    def ask() -> None:
        found = _asked(address, asked)
        with suppress(RuntimeError):  # the loop is closed: nobody wants to know any more
            loop.call_soon_threadsafe(tell, found)

    Thread(target=ask, daemon=True).start()
    try:
        found = await asyncio.wait_for(said, SECONDS)
    except TimeoutError:
        found = TimeoutError(f"no whole answer in {SECONDS} seconds")
    if isinstance(found, urllib.error.HTTPError):
        raise GovernError(f"The time stamp service at {address} answers with HTTP status {found.code} {found.reason}.", HINT)
    if isinstance(found, Exception):
        raise GovernError(f"The time stamp service at {address} did not answer: {getattr(found, 'reason', '') or found}", HINT) from found
    if len(found) > MAX_ANSWER:
        raise GovernError(f"The time stamp service at {address} answers with more than a time stamp can hold.", HINT)
    return found


def _asked(address: str, asked: bytes) -> bytes | Exception:
    """Ask, and return the answer or what went wrong."""
    request = urllib.request.Request(  # noqa: S310 - the scheme was checked
        address, data=asked, headers={"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"},
    )
    try:
        with urllib.request.urlopen(request, timeout=SECONDS + 5) as answer:  # noqa: S310
            return bytes(answer.read(MAX_ANSWER + 1))
    except Exception as error:  # noqa: BLE001 - raised where somebody waits for it
        return error


def _read(address: str, data: bytes, asked: Any) -> Any:
    """Return a granted answer about what was asked."""
    from asn1crypto import core, tsp

    try:
        # A refusal has no token, which asn1crypto does not expect: the status is read by itself.
        status = tsp.PKIStatusInfo.load(core.Sequence.load(data, strict=True)[0].dump())
        granted = status["status"].native == "granted"
        refusal = "; ".join([*(status["status_string"].native or ()), *sorted(status["fail_info"].native or ())])
        answer = tsp.TimeStampResp.load(data)
        token = answer["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed.native if granted else {}
    except (ValueError, TypeError, KeyError, AttributeError) as error:  # what asn1crypto makes of rubbish
        raise GovernError(f"What the service at {address} answers is no time stamp.", HINT) from error
    if not granted:
        raise GovernError(f"The time stamp service at {address} refuses: {refusal or status['status'].native}.", HINT)
    wanted = asked.native
    if token.get("nonce") != wanted["nonce"] or token.get("message_imprint") != wanted["message_imprint"]:
        raise GovernError(f"The time stamp of the service at {address} is for something else than was asked.", HINT)
    return answer
