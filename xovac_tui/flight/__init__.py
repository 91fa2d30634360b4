"""A run followed against its plan: where it is, how its dwells count, when it ends, and how it ended."""

from xovac_tui.flight.core import Flight
from xovac_tui.flight.course import Course
from xovac_tui.flight.state import FlightState, Leg, Result
from xovac_tui.flight.view import FlightView, view

__all__ = ["Course", "Flight", "FlightState", "FlightView", "Leg", "Result", "view"]
