"""Bytes: RFC 8785 JSON, DSSE envelopes, in-toto statements."""
