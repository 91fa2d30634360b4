"""The terminal interface: app, screens, widgets, dialogs."""
