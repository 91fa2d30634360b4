"""All chambers at a glance: from the records of this machine and from brokers. It holds no link to any.

`records.py` reads the records, `board.py` is what is known of all chambers at one moment (pure), `rings.py`
decides which alarms ring, `listing.py` is the same for programs.
"""
