"""The command line: one thin file per command. Parse, call, print; no work is done here."""
