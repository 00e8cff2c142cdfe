"""Entrance: mail over SMTP (RFC 5321)."""
