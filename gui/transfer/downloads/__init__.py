"""Fetches files: found, in ranges, under names that a local disk can hold."""
