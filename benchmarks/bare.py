"""What the console is compared with: bare programs that do the least that can be called the same.

`python -m benchmarks.bare label` shows one label; `ticking` updates it at 1 Hz; `counter URL N` counts N
events of a server and prints the monotonic time at which it had them all.
"""

from __future__ import annotations

import sys

READY = "bare and ready"


def show_label(ticking: bool) -> None:
    """Show one label in this terminal until it is ended."""
    from textual.app import App, ComposeResult
    from textual.widgets import Label

    class Bare(App[None]):
        count = 0

        def compose(self) -> ComposeResult:
            yield Label(READY)

        def on_mount(self) -> None:
            if ticking:
                self.set_interval(1, self.update)

        def update(self) -> None:
            self.count += 1
            self.query_one(Label).update(f"{READY} {self.count}")

    Bare().run()


async def count(url: str, events: int) -> None:
    """Count the events of a server; print `ready`, then the time of the last."""
    import asyncio
    import time

    import socketio

    client = socketio.AsyncClient(reconnection=False, handle_sigint=False)
    done = asyncio.Event()
    seen = 0

    async def take(_name: str, _data: object) -> None:
        nonlocal seen
        seen += 1
        if seen == events:
            done.set()

    client.on("*", take)
    await client.connect(url, transports=["websocket"])
    print("ready", flush=True)
    await done.wait()
    print(time.monotonic(), flush=True)
    await client.disconnect()


if __name__ == "__main__":
    if sys.argv[1] == "counter":
        import asyncio

        asyncio.run(count(sys.argv[2], int(sys.argv[3])))
    else:
        show_label(sys.argv[1] == "ticking")
