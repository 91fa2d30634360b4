"""The device's API as data: commands, responses, messages, and what the program may conclude from them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec

from xovac_tui.api.validity import MOST, Validity, validity
from xovac_tui.api.wireform import WireForm, answered_command, callback_answer, is_callback_answer

RESERVED_EVENTS = frozenset(
    ("connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener")
)
"""Names that the socket.io libraries on both sides take for their own and would not carry as events."""


class Hazard(StrEnum):
    """How much a command must be confirmed before it is sent."""

    SAFE = "safe"
    """Sent from its form without another question."""
    CONFIRM = "confirm"
    """A dialog whose harmless button has the focus."""
    CRITICAL = "critical"
    """A dialog in which the profile's name must be typed."""


class Origin(StrEnum):
    """Where a fact about the device comes from; shown wherever a user meets it."""

    DOCUMENTED = "documented"
    ASSUMED = "assumed"
    USER = "user"


class FieldType(StrEnum):
    """What a field of a command's payload holds."""

    FLOAT = "float"
    INT = "int"
    BOOL = "bool"
    STRING = "string"
    CHOICE = "choice"
    RECIPE = "recipe"
    """A list of `[target temperature, duration, gradient]` items; chosen on the Recipes screen."""
    JSON = "json"


class Role(StrEnum):
    """What a leaf of a message means to the program."""

    STATE = "state"
    SETPOINT = "setpoint"
    STEP = "step"
    """Number of the running step, the first is 1."""
    STEPS = "steps"
    """How many steps the loaded recipe has."""
    RECIPE_NAME = "recipe_name"
    CONTROLLED = "controlled"
    """The temperature that the recipe drives."""
    PRESSURE = "pressure"
    """The pressure around the test part, for recipes whose dwells count only in vacuum."""
    SERVER_TIME = "server_time"
    """The server's clock, ms since 1970."""
    SPEED = "speed"
    """How many seconds pass in a simulated device in one of the clock. A real one has none."""
    PUMP = "pump"
    """The vacuum pump: true, or anything but 0, while it pumps."""
    VENT = "vent"
    """The vent valve: true, or anything but 0, while it is open."""
    OUTPUT = "output"
    """Power that heats or cools."""
    PART_POWER = "part_power"
    """The test part is powered: true, or anything but 0."""
    DEW_POINT = "dew_point"
    """The temperature at which water condenses from the room's air."""
    HUMIDITY = "humidity"
    """The relative humidity of the room's air, %."""
    ROOM_TEMPERATURE = "room_temperature"
    """The temperature of the room's air, where its humidity is measured."""


class SensorPlace(StrEnum):
    """Where a sensor is."""

    CHAMBER = "chamber"
    """In the vacuum."""
    OUTSIDE = "outside"
    """In the air of the room, or in water: nothing in the chamber condenses there."""


_WORDS = frozenset({Role.STATE, Role.RECIPE_NAME})
"""Roles of which the values are words, whatever they look like."""
_FIGURES = frozenset(
    {
        Role.SETPOINT,
        Role.STEP,
        Role.STEPS,
        Role.CONTROLLED,
        Role.PRESSURE,
        Role.SERVER_TIME,
        Role.SPEED,
        Role.OUTPUT,
        Role.DEW_POINT,
        Role.HUMIDITY,
        Role.ROOM_TEMPERATURE,
    }
)
"""Roles of which the values are numbers, with and without a unit."""


TEMPERATURES = frozenset({Role.SETPOINT, Role.CONTROLLED, Role.DEW_POINT, Role.ROOM_TEMPERATURE})
"""Roles of which the values are temperatures; without a unit they are taken to be in degC."""


class FieldTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A field of a command's payload as a contract file has it, under its name."""

    type: FieldType
    unit: str = ""
    min: float | None = None
    max: float | None = None
    default: Any = None
    choices: tuple[str, ...] = ()
    required: bool = True
    auto: Literal["", "utc_offset_ms", "epoch_ms"] = ""
    """Filled at the moment of sending: this machine's offset from UTC (east positive) or its time."""
    help: str = ""


class PayloadField(FieldTable, frozen=True, kw_only=True):
    """One typed value in a command's payload."""

    name: str


class Confirm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When the device's own messages prove that a command took effect.

    `becomes`: the role's leaf changes to this run-state word ("running", "idle") after sending.
    `equals`: the leaf changes to the value of this payload field after sending.
    """

    role: Role
    becomes: Literal["", "running", "idle"] = ""
    equals: str = ""


class CommandSpec(msgspec.Struct, frozen=True):
    """A command the device takes."""

    event: str
    title: str
    help: str = ""
    fields: tuple[PayloadField, ...] = ()
    """Empty: the command carries no payload, and an empty string is sent."""
    ack: str | None = None
    """The response that answers it; None where none is known."""
    hazard: Hazard = Hazard.CONFIRM
    timeout: float = 10.0
    """Seconds to wait for the response before the outcome is `unknown`."""
    origin: Origin = Origin.USER
    source: str = ""
    """Page of the manual, or name of the contract file."""
    confirm: Confirm | None = None
    means: str = ""
    """What will happen, in words, for the confirmation dialog."""
    form: WireForm = WireForm()
    """How it crosses the wire: no manual says what its handler wants, so another form is assumed."""
    form_source: str = ""
    """Contract file that gives the form; empty: the manual's example, or a single command's options."""

    @property
    def form_words(self) -> str:
        """The form where it is not the manual's, marked as assumed; else empty."""
        source = f", {self.form_source}" if self.form_source else ""
        return f"{self.form.words} (assumed{source})" if self.form.words else ""

    def in_form(self, form: WireForm, source: str = "") -> CommandSpec:
        """Return the command in another form; its answer comes by the way that the form says."""
        ack = callback_answer(self.event) if form.callback else self.ack
        return msgspec.structs.replace(self, form=form, form_source=source, ack=ack)

    def form_problem(self, form: WireForm) -> str:
        """Return why the command cannot be sent in a form, as a clause; empty where it can."""
        return form.problem({f.name: f.required and not f.auto and f.default is None for f in self.fields})


class ResponseSpec(msgspec.Struct, frozen=True):
    """An event that answers a command."""

    event: str
    command: str
    schema: Mapping[str, Any] = {}
    """JSON schema of the payload, as the manual prints it."""
    origin: Origin = Origin.USER
    source: str = ""
    warnings: tuple[str, ...] = ()
    """Messages that a warning is known to have, such as the manual's examples."""


class LeafTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A leaf of a message as a contract file has it, under its path."""

    channel: str = ""
    """Short name of the channel; `event.path` where empty."""
    aliases: Annotated[tuple[str, ...], msgspec.Meta(max_length=MOST)] = ()
    """Short names that it had before: they still lead to it in rules, pins, exports and expressions."""
    label: str = ""
    unit: str = ""
    pin: bool = False
    log: bool = False
    """Drawn on a logarithmic axis."""
    hide: bool = False
    resolution: float | None = None
    """Smallest step of the sensor in its unit; None: learned from what it sends."""
    uncertainty: float = 0.0
    """Expanded (k = 2), in its unit: how far a reading may drift unseen while a window goes by."""
    role: Role | None = None
    place: SensorPlace | None = None
    """Where the sensor is; None: not said, and taken to be in the chamber."""
    running: tuple[str, ...] = ()
    """For role `state`: the values (as text) that mean a recipe is running."""
    idle: tuple[str, ...] = ()
    valid: tuple[float, float] | None = None
    """Lowest and highest value that counts, in its unit; None: any."""
    invalid: Annotated[tuple[float | str, ...], msgspec.Meta(max_length=MOST)] = ()
    """Numbers and texts that mean "no value"."""


class LeafSpec(LeafTable, frozen=True, kw_only=True):
    """A name, unit and meaning for one leaf (dotted path) of a message."""

    path: str
    origin: Origin = Origin.USER
    source: str = ""

    @property
    def numeric(self) -> bool:
        """True where its values are numbers, by its unit or its role: text is read as one or is no value."""
        return self.role not in _WORDS and (bool(self.unit) or self.role in _FIGURES)

    @property
    def validity(self) -> Validity | None:
        """What its values mean and which count; None where all do, as they came."""
        return validity(
            self.unit or ("degC" if self.role in TEMPERATURES else ""),
            self.valid,
            self.invalid,
            absolute=self.role is Role.PRESSURE,
            numeric=self.numeric,
        )


class MessageSpec(msgspec.Struct, frozen=True):
    """An ad hoc event whose leaves have names."""

    event: str
    leaves: tuple[LeafSpec, ...] = ()
    origin: Origin = Origin.USER
    source: str = ""

    def full_name(self, leaf: LeafSpec) -> str:
        """Return the full name of a leaf's channel: `event.path`, the event alone for a bare value."""
        return f"{self.event}.{leaf.path}" if leaf.path else self.event


class Contract(msgspec.Struct, frozen=True):
    """All the program knows about one device; anything else it learns, or shows as it is."""

    commands: Mapping[str, CommandSpec]
    responses: Mapping[str, ResponseSpec]
    messages: Mapping[str, MessageSpec]
    start: str | None = None
    """The command that starts a loaded recipe; None where loading starts it or it is unknown."""
    files: tuple[str, ...] = ()
    """Names of the contract files it was made from, in order."""

    def answered(self, name: str) -> str:
        """Return the command that an answer of this name belongs to."""
        known = self.responses.get(name)
        return known.command if known else answered_command(name)

    def is_answer(self, name: str) -> bool:
        """Return whether what comes under this name answers a command."""
        return name in self.responses or is_callback_answer(name)

    def rules(self) -> dict[str, Validity]:
        """Return what values mean and which count, by the full names of the channels with a rule."""
        return {
            message.full_name(leaf): rule
            for message in self.messages.values()
            for leaf in message.leaves
            if (rule := leaf.validity) is not None
        }

    def by_role(self, role: Role) -> tuple[str, LeafSpec] | None:
        """Return the full name and the leaf of the first channel with a role; None where none has it."""
        for message in self.messages.values():
            for leaf in message.leaves:
                if leaf.role is role:
                    return message.full_name(leaf), leaf
        return None


STOP_COMMAND = "cancel_recipe"


LOAD_COMMAND = "load_recipe"
