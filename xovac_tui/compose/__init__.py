"""The composition root: the only place that builds a station from settings.

A new service is one more part in `stations`. Commands that only ask the settings import `chambers` alone.
"""
