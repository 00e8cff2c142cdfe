"""Pure mail: bytes and dataclasses in, dataclasses out. No I/O, no SQL, no HTTP, no clock."""
