"""What leaves a record, and what comes back: tables, events, transcripts."""
