"""Notifies people and machines elsewhere of alarms: messages, who gets which when, and the ways to send them."""
