"""The API: an entrance for scripts and programs, with a token and never with a session."""
