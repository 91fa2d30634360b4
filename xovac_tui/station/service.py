"""What runs beside a chamber: it hears everything, and the station asks it nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from xovac_tui.api.event import Event
from xovac_tui.api.link import LinkView


class Service(Protocol):
    """One part of a station, such as the recorder. It publishes news by a callable, and holds no station."""

    def on_event(self, event: Event) -> None:
        """Take a message, of either direction, before the model has seen it."""

    def on_status(self, link: LinkView) -> None:
        """Take what the link reports of itself."""

    def on_news(self, news: object) -> None:
        """Take news of the station or of another service; most of them concern only some services."""

    def tick(self) -> None:
        """Do what time alone makes due; four times a second."""

    async def close(self) -> None:
        """End, after the link has ended."""


class Services:
    """The services of a station, called in their order: what they do depends on it.

    One that fails is logged once for each defect, and the rest go on.
    """

    def __init__(self, services: Sequence[Service]) -> None:
        self._services = tuple(services)
        self._defects: dict[str, str] = {}
        """Name of a service -> its newest defect."""

    def each(self, call: Callable[[Service], None]) -> None:
        """Call every service."""
        for service in self._services:
            try:
                call(service)
            except Exception as error:
                self._failed(service, error)

    async def close(self) -> None:
        """Close every service, in the same order."""
        for service in self._services:
            try:
                await service.close()
            except Exception as error:
                self._failed(service, error)

    def _failed(self, service: Service, error: Exception) -> None:
        name = type(service).__name__
        if self._defects.get(name) != repr(error):
            self._defects[name] = repr(error)
            logging.getLogger(__name__).warning("%s failed", name, exc_info=error)
