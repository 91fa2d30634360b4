"""The device's API as data: events, payloads, contracts, and the clean-up of untrusted text."""
