"""One verb a module; the only callers of change(), that is, of commit."""
