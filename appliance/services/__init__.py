"""What subscribes to the topic and what runs by the clock; each handler is idempotent."""
