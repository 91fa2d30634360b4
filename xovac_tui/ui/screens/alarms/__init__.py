"""The Alarms tab."""
