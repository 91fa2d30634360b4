"""Topics of MQTT: where what is found, and names of anything as one level of a topic.

`xovac/<site>/<chamber>/` is the tree of a chamber. Everything in it but `event` and `log` is retained.
"""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple
from urllib.parse import quote, unquote

from xovac_tui.forwarding.sinksettings import ForwardedChamber
from xovac_tui.text import clean

ROOT = "xovac"
NOTHING = "-"
"""Level of an empty name; a name that is one dash is written `%2D`."""
LONGEST = 200
"""Characters of a name that is read from a topic."""
_PLAIN_ID = re.compile(r"(?!.*_h[0-9a-f]{12}$)[A-Za-z0-9_-]+")


def level(name: str) -> str:
    """Return a name as one level of a topic, another one for each name: percent-encoding, RFC 3986, 2.1.

    MQTT 5 (1.5.4, 4.7) reserves `+ # /` and forbids NUL; letters, digits, `.`, `_`, `-` and `~` stay.
    """
    if name in ("", NOTHING):
        return "%2D" if name else NOTHING
    return quote(name, safe="", errors="surrogatepass")


def name_of(text: str) -> str:
    """Return the name that a level of a topic stands for, cleaned: it is text from elsewhere."""
    return "" if text == NOTHING else clean(unquote(text[: 9 * LONGEST], errors="replace"), LONGEST)


def plain_id(name: str) -> str:
    """Return a name as Home Assistant takes it in topics of its discovery: letters, digits, `_` and `-`.

    A name with anything else gets part of its SHA-256 behind it, so that two names do not become one.
    """
    if _PLAIN_ID.fullmatch(name):
        return name
    reported = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{re.sub('[^A-Za-z0-9_-]+', '_', name)[:40]}_h{reported}"


class ChamberTopics:
    """The topics of one chamber."""

    def __init__(self, chamber: ForwardedChamber) -> None:
        self.base = f"{ROOT}/{level(chamber.site)}/{level(chamber.name)}"
        self.status = f"{self.base}/status"
        self.state = f"{self.base}/state"
        self.trial = f"{self.base}/trial"
        """Takes a message that is not retained when the settings are tried."""

    def channel(self, name: str) -> str:
        """Return the topic of a channel."""
        return f"{self.base}/channel/{level(name)}"

    def alarm(self, rule: str) -> str:
        """Return the topic of an alarm rule."""
        return f"{self.base}/alarm/{level(rule)}"

    def event(self, name: str) -> str:
        """Return the topic of messages with a name."""
        return f"{self.base}/event/{level(name)}"

    def log(self, kind: str) -> str:
        """Return the topic of entries of the log of a kind."""
        return f"{self.base}/log/{level(kind)}"


def client_id(chamber: ForwardedChamber, use: str) -> str:
    """Return what a client is called that publishes for a chamber: 22 letters and digits (MQTT 5, 3.1.3.1).

    It follows from the tree that is written and from nothing else: a second recorder of the chamber, on
    another machine or with a new record, takes the place of the first one, whose last will then is void.
    With a name of its own, the will of the first could say `offline` about the second, and stay.
    """
    tree = ChamberTopics(chamber).base
    return f"xovac{use}{hashlib.sha256(tree.encode()).hexdigest()[:16]}"


class ChamberTopic(NamedTuple):
    """A topic of a chamber that was read."""

    site: str
    chamber: str
    what: str
    """Level behind the chamber: `status`, `state`."""


def parsed(topic: str) -> ChamberTopic | None:
    """Return what a topic of four levels is about; None for any other."""
    levels = topic.split("/", 4)
    if len(levels) != 4 or levels[0] != ROOT:
        return None
    site, chamber = name_of(levels[1]), name_of(levels[2])
    return ChamberTopic(site, chamber, levels[3]) if chamber else None
