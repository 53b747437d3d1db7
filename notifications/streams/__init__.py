"""Events in from streams: messages are read, taken in the database, and only then acknowledged."""
