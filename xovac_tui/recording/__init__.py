"""The record of everything that crossed the wire."""
