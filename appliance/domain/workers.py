"""How workers are known to live."""

#: A worker says every ten seconds that it lives; one that has not for so long (microseconds) does not.
SILENT_US = 45 * 1_000_000
