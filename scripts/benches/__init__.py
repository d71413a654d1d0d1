"""Benches: each module's `run()` measures our part and its peer in turns, three times, and returns the medians."""
