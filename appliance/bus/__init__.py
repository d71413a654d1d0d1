"""Event buses behind the event_bus port: a topic with a queue per service."""
