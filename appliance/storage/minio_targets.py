"""The webhook targets that MinIO is started with, apart from the SDK: who starts it needs no more than these."""

#: The first tells of an event at once and once, the second until it was heard.
TARGETS = ("FAST", "DURABLE")
