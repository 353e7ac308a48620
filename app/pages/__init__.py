"""Pages for people: checkout, and later admin, story and health."""
