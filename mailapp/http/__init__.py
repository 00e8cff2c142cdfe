"""What the pages and the API share of HTTP: bodies taken no faster than they are read, contents sent in pieces."""
