"""The Controls tab."""
