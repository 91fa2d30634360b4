"""A recorder's publisher as a process of its own, to be killed: `python -m ... URL USER SECRET HOST-NAME`."""

from __future__ import annotations

import itertools
import sys
import time

from tests.helpers.summaries import summary
from xovac_tui.forwarding.engines.mqtt_connection import MqttAccess
from xovac_tui.forwarding.engines.mqtt_state import MqttPace, MqttPublisher
from xovac_tui.forwarding.sinksettings import ForwardedChamber

PACE = MqttPace(keepalive=2, will_delay=1, first_wait=0.1, longest_wait=0.2, settings_wait=0.5, fresh=30.0)
"""For tests: fast."""


def main() -> None:
    """Publish until killed."""
    url, user, secret, host = sys.argv[1:]
    access = MqttAccess(url=url, user=user, secret=secret, timeout=2.0)
    publisher = MqttPublisher("lab", access, ForwardedChamber("bench-1", "lab"), pace=PACE)
    publisher.start()
    for number in itertools.count():
        publisher.publish(summary(float(number), host=host))
        time.sleep(0.2)


if __name__ == "__main__":
    main()
