"""How bytes leave: the client side of SMTP (RFC 5321)."""
