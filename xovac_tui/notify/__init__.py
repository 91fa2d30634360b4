"""Notifies people and machines elsewhere of alarms: messages, receivers and times, and ways to send them."""
