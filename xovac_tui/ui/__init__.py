"""The terminal's face: app, screens, widgets, dialogs."""
