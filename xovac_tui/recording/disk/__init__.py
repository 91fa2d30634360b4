"""The record on disk: its file, its writer and its readers."""
