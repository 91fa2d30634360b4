"""From what a person typed to exactly what is sent: every value is checked before it leaves."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from xovac_tui.api.contract import CommandSpec, FieldType, PayloadField
from xovac_tui.digits import digits
from xovac_tui.errors import ContractError
from xovac_tui.text import clean, nearest

_TRUE = {"true", "yes", "on", "1"}
_FALSE = {"false", "no", "off", "0"}
_DEEPEST = 100
"""Levels of JSON in a payload that are sent; a person who means more has made a mistake."""


def parse_field(field: PayloadField, text: str) -> Any:
    """Return the value of what was typed into a field; raises ContractError with a sentence for beside it."""
    text = text.strip()
    if not text:
        if field.required:
            raise ContractError(f"{field.name} is empty. {_wanted(field)}")
        return None
    if field.type is FieldType.BOOL:
        if text.lower() in _TRUE | _FALSE:
            return text.lower() in _TRUE
        raise ContractError(f"{field.name} must be on or off.")
    if field.type in (FieldType.FLOAT, FieldType.INT):
        return check_value(field, _number(field, text))
    if field.type in (FieldType.JSON, FieldType.RECIPE):
        return check_value(field, parse_json(text))
    return check_value(field, text)


def _number(field: PayloadField, text: str) -> float | int:
    plain = text.replace("−", "-")
    try:
        return int(plain) if field.type is FieldType.INT else float(plain)
    except ValueError:
        pass
    if "," in text:
        raise ContractError(f"{field.name}: write a decimal point, not a comma ({text.replace(',', '.')}).")
    raise ContractError(f"{field.name}: {text!r} is not a number. {_wanted(field)}")


def parse_json(text: str) -> Any:
    """Return the JSON value of a text; NaN and infinities are refused, since they are not JSON."""

    def no_constant(name: str) -> Any:
        raise ContractError(f"{name} is not a JSON number. Give a finite number.")

    def number(digits: str) -> float:
        value = float(digits)
        return value if math.isfinite(value) else no_constant(clean(digits, 40))

    try:
        return json.loads(text, parse_constant=no_constant, parse_float=number)
    except json.JSONDecodeError as why:
        raise ContractError(f"Not valid JSON at line {why.lineno}, column {why.colno}: {why.msg}.") from None
    except ValueError:  # the only other one: a whole number that Python finds too long to read
        raise ContractError("The JSON holds a number of thousands of digits. Give a shorter one.") from None
    except RecursionError:
        raise ContractError("The JSON is nested too deep. Send something simpler.") from None


def check_value(field: PayloadField, value: Any) -> Any:
    """Return the value as the field's type, or raise ContractError with a sentence."""
    name = field.name
    match field.type:
        case FieldType.FLOAT | FieldType.INT:
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if number and not _is_finite(value):
                raise ContractError(f"{name} must be a finite number. {_wanted(field)}")
            if not number or (field.type is FieldType.INT and value != int(value)):
                raise ContractError(f"{name} must be {_article(field.type)}. {_wanted(field)}")
            low, high = field.min, field.max
            if (low is not None and value < low) or (high is not None and value > high):
                raise ContractError(f"{name} = {digits(value)} is outside its limits. {_wanted(field)}")
            return int(value) if field.type is FieldType.INT else float(value)
        case FieldType.BOOL:
            if not isinstance(value, bool):
                raise ContractError(f"{name} must be true or false.")
        case FieldType.STRING:
            if not isinstance(value, str) or not value.strip():
                raise ContractError(f"{name} must be a text that is not empty.")
        case FieldType.CHOICE:
            if value not in field.choices:
                raise ContractError(f"{name} must be one of: {', '.join(field.choices)}.")
        case FieldType.RECIPE:
            return check_items(value, name)
        case FieldType.JSON:
            _check_finite(value, name)
    return value


def check_items(value: Any, name: str = "recipe") -> list[list[float]]:
    """Return a recipe as the device's list of [target temperature, duration, gradient], each finite."""
    if not isinstance(value, list | tuple) or not value:
        raise ContractError(f"{name} must be a list of [target, duration, gradient] with at least one item.")
    items: list[list[float]] = []
    for index, item in enumerate(value, start=1):
        if not isinstance(item, list | tuple) or len(item) != 3:
            raise ContractError(f"{name}, item {index}: must be [target, duration, gradient].")
        for number in item:
            if isinstance(number, bool) or not isinstance(number, int | float) or not _is_finite(number):
                shown = clean(repr(number), 40)
                raise ContractError(f"{name}, item {index}: {shown} is not a finite number.")
        if item[1] <= 0:
            raise ContractError(f"{name}, item {index}: the duration must be above 0.")
        items.append([float(number) for number in item])
    return items


def check_values(
    spec: CommandSpec, values: Mapping[str, Any], *, utc: float, utc_offset: float
) -> dict[str, Any]:
    """Return the whole payload of a command, checked and with its automatic fields filled.

    `utc`: seconds since 1970; `utc_offset`: this machine's zone, seconds, east positive.
    """
    known = {field.name for field in spec.fields}
    for name in values:
        if name not in known:
            raise ContractError(f'{spec.event} has no field "{name}".{nearest(name, known)}')
    automatic = {"utc_offset_ms": round(utc_offset * 1000), "epoch_ms": round(utc * 1000)}
    payload: dict[str, Any] = {}
    for field in spec.fields:
        value = values.get(field.name)
        if value is None and field.auto:
            value = automatic[field.auto]
        if value is None:
            value = field.default
        if value is not None:
            payload[field.name] = check_value(field, value)
        elif field.required:
            raise ContractError(f"{spec.event} needs {field.name}. {_wanted(field)}")
    return payload


def _check_finite(value: Any, name: str, depth: int = 0) -> None:
    if depth > _DEEPEST:
        raise ContractError(f"{name} is nested deeper than {_DEEPEST} levels. Send something simpler.")
    if isinstance(value, float) and not math.isfinite(value):
        raise ContractError(f"{name} holds a number that is not finite.")
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _check_finite(inner, name, depth + 1)


def _is_finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # a whole number beyond what the device's JSON reader may hold
        return False


def _article(type_: FieldType) -> str:
    return "a whole number" if type_ is FieldType.INT else "a number"


def _wanted(field: PayloadField) -> str:
    """Return what would be right, as a sentence."""
    unit = f" {field.unit}" if field.unit else ""
    what = {
        FieldType.INT: "a whole number",
        FieldType.FLOAT: "a number",
        FieldType.BOOL: "on or off",
        FieldType.CHOICE: "one of: " + ", ".join(field.choices),
        FieldType.RECIPE: "a recipe",
        FieldType.JSON: "JSON",
    }.get(field.type, "a text")
    if field.min is not None and field.max is not None:
        return f"Give {what} from {digits(field.min)} to {digits(field.max)}{unit}."
    if field.min is not None:
        return f"Give {what} of at least {digits(field.min)}{unit}."
    if field.max is not None:
        return f"Give {what} of at most {digits(field.max)}{unit}."
    return f"Give {what}{' in' + unit if unit else ''}."
