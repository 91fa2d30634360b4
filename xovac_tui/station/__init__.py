"""Wire one chamber together: link, chamber, ledger and record. Screens and commands use only this."""
