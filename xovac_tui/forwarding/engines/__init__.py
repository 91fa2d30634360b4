"""What talks to the servers: one file a protocol, imported when a sink of its kind is made."""

from typing import TYPE_CHECKING

from xovac_tui.later import later

if TYPE_CHECKING:
    from xovac_tui.forwarding.engines import epics as epics
    from xovac_tui.forwarding.engines import influx as influx
    from xovac_tui.forwarding.engines import metrics as metrics
    from xovac_tui.forwarding.engines import mqtt_connection as mqtt_connection
    from xovac_tui.forwarding.engines import mqtt_events as mqtt_events
    from xovac_tui.forwarding.engines import mqtt_fleet as mqtt_fleet
    from xovac_tui.forwarding.engines import mqtt_state as mqtt_state
    from xovac_tui.forwarding.engines import postgres as postgres
else:
    __getattr__ = later(__name__)
