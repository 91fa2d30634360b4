"""How many examples a test of a property tries: a fifth in every run, all in the `deep` profile."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings

DEEP = 100
"""Examples of a test that names no number."""
LIGHT = 20


def register_profiles() -> None:
    """Let hypothesis know the light profile, which is used unless another is asked for, and the deep one."""
    # How long an example takes says how busy the machine is, and nothing of what is tested.
    everywhere = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.register_profile("light", everywhere, max_examples=LIGHT)
    settings.register_profile("deep", everywhere, max_examples=DEEP)
    settings.load_profile("light")


def examples(most: int, **more: Any) -> settings:
    """Try `most` examples in the deep profile, and as many less in another as it is lighter."""
    return settings(max_examples=max(5, most * settings().max_examples // DEEP), **more)
