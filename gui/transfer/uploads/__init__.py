"""The inside of the engine: rows, their journal, and the threads that see them through."""
