"""All SQL, one file per noun; functions take a connection and return dataclasses."""
