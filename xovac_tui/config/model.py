"""Settings as structs: what every key is called, its unit, its range and its default."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from xovac_tui.alarms.settings import AlarmSettings
from xovac_tui.analysis.settings import AdviceSettings, InsightSettings, StabilitySettings
from xovac_tui.displayunits import PLAIN_ABOVE, DisplayUnits, chosen
from xovac_tui.forwarding.settings import ForwardSettings
from xovac_tui.notify.settings import NotifySettings
from xovac_tui.recipes.settings import RecipeSettings
from xovac_tui.recording.settings import RecordSettings

Transport = Literal["websocket", "polling"]
"""A way in which socket.io goes over the network."""


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One named chamber."""

    url: str = "http://localhost:8080"
    path: str = "/socket.io"
    namespace: str = "/"
    transports: tuple[Transport, ...] = ("websocket", "polling")
    """Tried in this order by every attempt to connect."""
    ssh: str = ""
    """Destination of ssh through which the chamber is reached; empty: directly."""
    ssh_command: tuple[str, ...] = ("ssh",)
    """The program that makes the tunnel, with its first arguments."""
    ca_file: str = ""
    """PEM file of a private certificate authority."""
    fingerprint: str = ""
    """SHA-256 of the one certificate to trust, hex, colons allowed."""
    auth_file: str = ""
    """TOML file, mode 0600, with tables `auth` (the socket.io auth payload) and `headers`."""
    contracts: tuple[str, ...] = ()
    """Contract files that add to the documented one, relative to the settings file; or `simulator`."""
    observe: bool = False
    expert: bool = False
    """Show the line that sends any event with any JSON."""
    connect_timeout: Annotated[float, Meta(ge=0.1, le=120)] = 5.0
    """Seconds that each transport has."""
    lost_after: Annotated[float, Meta(ge=1, le=3600)] = 15.0
    """Seconds without any sign of life, not even an answer to a ping, before the connection is lost."""
    stale_after: Annotated[float, Meta(ge=0.5, le=3600)] = 3.0
    """Seconds a channel may be silent at least before it is stale (or 3 x its own period, if longer)."""
    send_when_stale: bool = False
    """Let commands go while the data are stale: for a device that is silent by habit when nothing runs."""
    record: bool = True
    """Keep everything that crosses the wire in a file."""
    alarms: tuple[str, ...] = ()
    """TOML files with more alarm `[[rules]]` for this chamber, relative to the settings file."""
    volume: Annotated[float, Meta(gt=0, le=1_000_000)] | None = None
    """Litres of the chamber, for the size of a leak; None: not known."""
    recipe: RecipeSettings = RecipeSettings()
    forward: tuple[str, ...] | None = None
    """Names of the sinks to which this chamber is forwarded; None: those of `[forward] to`."""


class Display(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Appearance of the screen."""

    theme: str = "xovac-dark"
    ascii: bool | None = None
    """Plain characters only; None: where the locale says that the terminal is not UTF-8."""
    time: Literal["local", "utc"] = "local"
    refresh: Annotated[float, Meta(ge=0.2, le=10)] = 2.0
    """Snapshots per second, 0.2 to 10."""
    window: Literal["10min", "1h", "6h", "24h", "all"] = "10min"
    """The trend's window at start."""
    log_events: Annotated[int, Meta(ge=1_000, le=50_000)] = 50_000
    """Newest events kept in memory."""
    temperature: str = ""
    """Unit in which temperatures are shown, in any spelling; empty: that of the contract."""
    pressure: str = ""
    """Unit in which pressures are shown."""
    pressure_plain_above: Annotated[float, Meta(ge=0, le=1_000_000)] = PLAIN_ABOVE
    """mbar at or above which a pressure is shown without an exponent; 0: it always has one."""

    @property
    def units(self) -> DisplayUnits:
        """The units in which values are shown."""
        return chosen(self.temperature, self.pressure, self.pressure_plain_above)


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole settings file."""

    profile: str = ""
    """Profile to open when none is named; empty: the only one, or ask."""
    recipes: str = ""
    """Folder of recipe files; empty: `recipes` beside the settings file."""
    display: Display = Display()
    record: RecordSettings = RecordSettings()
    alarms: AlarmSettings = AlarmSettings()
    notify: NotifySettings = NotifySettings()
    forward: ForwardSettings = ForwardSettings()
    stability: StabilitySettings = StabilitySettings()
    advice: AdviceSettings = AdviceSettings()
    keys: dict[str, str] = {}
    """Action id -> key or comma-separated keys."""
    profiles: dict[str, Profile] = {}

    @property
    def insight(self) -> InsightSettings:
        """Return the settings of stability and advice, the same for every station of this program."""
        return InsightSettings(self.stability, self.advice)
